// SPDX-License-Identifier: Apache-2.0
#include "capture/features.h"

#include <bpf/btf.h>
#include <sys/capability.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <utility>

namespace egresswatch::capture {

void KernelFeatures::BtfDeleter::operator()(btf* value) const { btf__free(value); }

Result<KernelFeatures> KernelFeatures::probe() {
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

std::string find_cgroup2(const std::string& proc_root) {
  // "41 31 0:38 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw": see proc(5)
  std::ifstream mounts(proc_root + "/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    const auto separator = line.find(" - cgroup2 ");
    if (separator == std::string::npos) continue;
    std::istringstream fields(line.substr(0, separator));
    std::string field, mount_point;
    for (int i = 0; i < 5 && fields >> field; ++i) mount_point = field;
    return mount_point;
  }
  return {};
}

std::string missing_capabilities() {
  static constexpr std::array<std::pair<cap_value_t, const char*>, 3> kNeeded{
      {{CAP_BPF, "CAP_BPF"}, {CAP_PERFMON, "CAP_PERFMON"}, {CAP_NET_ADMIN, "CAP_NET_ADMIN"}}};
  std::string missing;
  const cap_t capabilities = cap_get_proc();
  for (const auto& [capability, name] : kNeeded) {
    cap_flag_value_t value = CAP_CLEAR;
    if (capabilities && cap_get_flag(capabilities, capability, CAP_EFFECTIVE, &value) == 0 && value == CAP_SET)
      continue;
    if (!missing.empty()) missing += ", ";
    missing += name;
  }
  if (capabilities) cap_free(capabilities);
  return missing;
}

}  // namespace egresswatch::capture
