// SPDX-License-Identifier: Apache-2.0
#include "capture/features.h"

#include <bpf/btf.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include <cerrno>
#include <fstream>
#include <sstream>

#include "capture/libbpf_log.h"

namespace egresswatch::capture {

void KernelFeatures::BtfDeleter::operator()(btf* value) const { btf__free(value); }

Result<KernelFeatures> KernelFeatures::probe() {
  const LibbpfLog quiet;
  btf* value = btf__load_vmlinux_btf();
  if (!value) {
    const int error = errno;
    return Error{
        "the kernel has no BTF (/sys/kernel/btf/vmlinux): egresswatch needs Linux 5.10 or newer, built with "
        "CONFIG_DEBUG_INFO_BTF=y",
        error};
  }
  return KernelFeatures(value);
}

bool KernelFeatures::has_function(std::string_view name) const {
  return btf__find_by_name_kind(btf_.get(), std::string(name).c_str(), BTF_KIND_FUNC) > 0;
}

bool KernelFeatures::has_tracepoint(std::string_view name) const {
  return btf__find_by_name_kind(btf_.get(), ("btf_trace_" + std::string(name)).c_str(), BTF_KIND_TYPEDEF) > 0;
}

std::string find_cgroup2() {
  // "41 31 0:38 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw": see proc(5)
  std::ifstream mounts("/proc/self/mountinfo");
  std::string part;
  for (std::string line; std::getline(mounts, line);) {
    const auto separator = line.find(" - cgroup2 ");
    if (separator == std::string::npos) continue;
    std::istringstream fields(line.substr(0, separator));
    std::string id, parent, device, root, mount_point;
    if (!(fields >> id >> parent >> device >> root >> mount_point)) continue;
    struct statfs there {};
    if (::statfs(mount_point.c_str(), &there) != 0 || there.f_type != CGROUP2_SUPER_MAGIC) continue;
    if (root == "/") return mount_point;
    // somewhere below the root, as in some containers: better than none
    if (part.empty()) part = mount_point;
  }
  return part;
}

}  // namespace egresswatch::capture
