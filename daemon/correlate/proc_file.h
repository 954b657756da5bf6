// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace egresswatch::correlate {

// Reads a file of /proc whole, at most `limit` bytes of it; what lies behind is left out. False, with `text` empty, if
// the file cannot be read, which is normal: processes end.
bool read_proc_file(const std::string& path, std::size_t limit, std::string& text);

}  // namespace egresswatch::correlate
