// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

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
  // How many arguments a tp_btf program on this tracepoint gets; 0 if there is none.
  [[nodiscard]] std::size_t tracepoint_arguments(std::string_view name) const;

  struct DropReason {
    std::uint32_t number;
    std::string name;  // without SKB_DROP_REASON_
  };
  // enum skb_drop_reason; empty before 5.17.
  [[nodiscard]] std::vector<DropReason> drop_reasons() const;

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
