// SPDX-License-Identifier: Apache-2.0
#include "capture/privileges.h"

#include <sys/capability.h>

#include <array>
#include <cerrno>
#include <utility>

#include "capture/features.h"

namespace egresswatch::capture {

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

Result<bool> drop_capabilities() {
  const auto features = KernelFeatures::probe();
  if (!features) return features.error();
  // stands for the change: a helper of the same release (263ae152e962)
  if (!features->has_function("bpf_dynptr_from_mem")) return false;
  const cap_t none = cap_init();
  const int error = none && cap_set_proc(none) == 0 ? 0 : errno;
  if (none) cap_free(none);
  if (error) return Error::from_errno(error, "dropping capabilities");
  return true;
}

}  // namespace egresswatch::capture
