// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>

#include "egresswatch/model/process.h"

namespace egresswatch::correlate {

// What /proc says of processes where the kernel's record does not. Reads files at each call: for start-up and for the
// first event of a process, not for each event.
class ProcessTable {
 public:
  explicit ProcessTable(std::string proc_root = "/proc");

  // pid, uid, start time and the name of the main thread; cgroup_id stays 0. None if there is no such process (any
  // more). /proc counts the start in clock ticks, so start_time_ns is rounded down: compare with same_start().
  [[nodiscard]] std::optional<Process> read(std::uint32_t pid) const;

  // Who holds the sockets with these inode numbers, in one pass over every process. A socket may be held by several,
  // after a fork; the one that started first then is the likely opener. Needs CAP_SYS_PTRACE for other users'
  // processes. Those that cannot be read are counted.
  std::unordered_map<std::uint64_t, Process> socket_owners(std::span<const std::uint64_t> inodes);

  [[nodiscard]] std::uint64_t unreadable() const { return unreadable_; }

 private:
  std::string proc_root_;
  std::uint64_t unreadable_ = 0;
};

// Whether two start times (CLOCK_BOOTTIME, nanoseconds) are the same to the clock tick of /proc.
[[nodiscard]] bool same_start(std::uint64_t a_ns, std::uint64_t b_ns);

}  // namespace egresswatch::correlate
