// SPDX-License-Identifier: Apache-2.0
#include "capture/features.h"

#include <bpf/btf.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <span>
#include <sstream>

#include "capture/libbpf_log.h"

namespace egresswatch::capture {

namespace {
constexpr const char* kBtf = "/sys/kernel/btf/vmlinux";
}  // namespace

void KernelFeatures::BtfDeleter::operator()(btf* value) const { btf__free(value); }

Result<KernelFeatures> KernelFeatures::probe() {
  const LibbpfLog quiet;
  btf* value = btf__load_vmlinux_btf();
  if (!value) {
    const int error = errno;
    // libbpf tries several places and tells of none of them why
    if (::access(kBtf, R_OK) == 0)
      return Error{std::string("the kernel's BTF (") + kBtf + ") cannot be loaded: allow more memory", ENOMEM};
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

std::size_t KernelFeatures::tracepoint_arguments(std::string_view name) const {
  const int id = btf__find_by_name_kind(btf_.get(), ("btf_trace_" + std::string(name)).c_str(), BTF_KIND_TYPEDEF);
  if (id <= 0) return 0;
  // typedef void (*btf_trace_<name>)(void *, arguments...)
  const btf_type* pointer = btf__type_by_id(btf_.get(), btf__type_by_id(btf_.get(), static_cast<__u32>(id))->type);
  if (!pointer || !btf_is_ptr(pointer)) return 0;
  const btf_type* function = btf__type_by_id(btf_.get(), pointer->type);
  if (!function || !btf_is_func_proto(function) || btf_vlen(function) == 0) return 0;
  return btf_vlen(function) - 1U;
}

std::vector<KernelFeatures::DropReason> KernelFeatures::drop_reasons() const {
  constexpr std::string_view kPrefix = "SKB_DROP_REASON_";
  std::vector<DropReason> result;
  const int id = btf__find_by_name_kind(btf_.get(), "skb_drop_reason", BTF_KIND_ENUM);
  if (id <= 0) return result;
  const btf_type* type = btf__type_by_id(btf_.get(), static_cast<__u32>(id));
  const std::span values(btf_enum(type), std::size_t{btf_vlen(type)});
  for (const struct btf_enum& value : values) {
    const char* text = btf__name_by_offset(btf_.get(), value.name_off);
    std::string_view name = text ? text : "";
    // values that end the list or mask parts of it (SKB_DROP_REASON_SUBSYS_MASK) have other names or are negative
    if (value.val < 0 || name.empty()) continue;
    if (name.starts_with(kPrefix)) name.remove_prefix(kPrefix.size());
    // SKB_NOT_DROPPED_YET, SKB_CONSUMED
    else if (name.starts_with("SKB_"))
      name.remove_prefix(4);
    result.push_back({static_cast<std::uint32_t>(value.val), std::string(name)});
  }
  return result;
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
