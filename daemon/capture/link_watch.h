// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace egresswatch::capture {

// Whoever has CAP_NET_ADMIN can take a program off its cgroup (`bpftool link detach`). The link stays with its owner,
// and the kernel calls the program no more. Programs on tracepoints cannot be taken off.
class LinkWatch {
 public:
  // The descriptor stays the caller's and must be open until clear().
  void add(std::string probe, int link_fd) { links_.emplace_back(std::move(probe), link_fd); }
  void clear() { links_.clear(); }
  // Probes that were taken off since the last call. A system call for each link that is still on.
  std::vector<std::string> take_detached();

 private:
  std::vector<std::pair<std::string, int>> links_;
};

}  // namespace egresswatch::capture
