// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace egresswatch {

// Who opened a socket. A pid alone is reused; pid and start time together are not.
struct Process {
  std::uint32_t pid = 0;            // thread group id in the initial pid namespace; 0 = unknown
  std::uint32_t uid = 0;            // real uid in the initial user namespace
  std::uint64_t start_time_ns = 0;  // CLOCK_BOOTTIME, of the thread group leader; 0 = the kernel did not say
  std::uint64_t cgroup_id = 0;      // cgroup v2 id = inode number of its directory; 0 = unknown
  std::array<char, 16> comm{};      // name of the thread, NUL-padded, arbitrary bytes

  [[nodiscard]] std::string_view name() const {
    std::size_t length = 0;
    while (length < comm.size() && comm[length] != '\0') ++length;
    return {comm.data(), length};
  }
};

}  // namespace egresswatch
