// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct btf;

namespace egresswatch::capture {

// What the running kernel has, asked by existence and never by version number.
class KernelFeatures {
 public:
  // Reads the kernel's BTF. An error says what is missing and what to do.
  static Result<KernelFeatures> probe();

  [[nodiscard]] bool has_function(std::string_view name) const;
  // A tracepoint that tp_btf programs can attach to.
  [[nodiscard]] bool has_tracepoint(std::string_view name) const;

 private:
  struct BtfDeleter {
    void operator()(btf* value) const;
  };
  explicit KernelFeatures(btf* value) : btf_(value) {}
  std::unique_ptr<btf, BtfDeleter> btf_;
};

// The mount point of cgroup v2, from /proc/self/mountinfo: /sys/fs/cgroup, or /sys/fs/cgroup/unified where v1 is
// mounted too. Empty if there is none, or if something else is mounted over it.
std::string find_cgroup2();

}  // namespace egresswatch::capture
