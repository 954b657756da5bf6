// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>

namespace egresswatch::capture {

// Calls visit once inside each network namespace: the own one first, then every other that a process is in or that is
// mounted under /run/netns, as far as the process may enter it (CAP_SYS_ADMIN). Returns how many could not be entered.
// Ends in the namespace in which it began.
std::size_t for_each_network_namespace(const std::function<void()>& visit);

}  // namespace egresswatch::capture
