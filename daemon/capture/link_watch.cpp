// SPDX-License-Identifier: Apache-2.0
#include "capture/link_watch.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>

namespace egresswatch::capture {
namespace {

// A link without its cgroup: that is all the kernel tells of one that was taken off.
bool is_detached(int link_fd) {
  bpf_link_info info{};
  __u32 size = sizeof info;
  if (bpf_obj_get_info_by_fd(link_fd, &info, &size) != 0) return false;
  return info.type == BPF_LINK_TYPE_CGROUP && info.cgroup.cgroup_id == 0;
}

}  // namespace

std::vector<std::string> LinkWatch::take_detached() {
  std::vector<std::string> detached;
  std::erase_if(links_, [&](const auto& link) {
    if (!is_detached(link.second)) return false;
    detached.push_back(link.first);
    return true;
  });
  return detached;
}

}  // namespace egresswatch::capture
