// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "egresswatch/model/events.h"

namespace egresswatch::app {

// What the kernel that made the records calls its reasons to drop a packet: numbers move between kernels.
class DropReasonNames {
 public:
  // The kernel has about 130; a recording may claim anything.
  static constexpr std::size_t kMax = 1024;

  void learn(const DropReason& reason) {
    for (DropReason& known : reasons_)
      if (known.number == reason.number) {
        known = reason;
        return;
      }
    if (reasons_.size() < kMax) reasons_.push_back(reason);
  }

  // Empty if the kernel has no name for it.
  [[nodiscard]] std::string_view name(std::uint32_t number) const {
    for (const DropReason& known : reasons_)
      if (known.number == number) return known.name();
    return {};
  }

 private:
  std::vector<DropReason> reasons_;
};

}  // namespace egresswatch::app
