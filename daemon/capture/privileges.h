// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"

namespace egresswatch::capture {

// Names of the capabilities that loading and attaching needs and the process lacks; empty if it has all.
std::string missing_capabilities();

// Gives up every capability for good. Only for kernels that let a process without any use the maps, links and iterators
// that it already holds (c8644cd0efe7, 5.19); older ones refuse each bpf() call, so there this does nothing and returns
// false. Afterwards other network namespaces cannot be entered any more, nor other users' /proc/<pid>/fd be read.
Result<bool> drop_capabilities();

}  // namespace egresswatch::capture
