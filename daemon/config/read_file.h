// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace egresswatch::config {

// The content of a regular file. A larger one gives max_bytes + 1 of them, for the parser to refuse. The error does not
// say which file: its code is that of open(2) or read(2).
Result<std::string> read_file(const std::string& path, std::size_t max_bytes);

// As above, for files that need not be in memory as a whole: take() gets one piece after the other, at most 64 KiB
// each, and may refuse it. A file that is larger than max_bytes is refused before it is read. Errors begin with the
// path, but for those of take().
Result<> read_pieces(const std::string& path, std::size_t max_bytes,
                     const std::function<Result<>(std::string_view)>& take);

}  // namespace egresswatch::config
