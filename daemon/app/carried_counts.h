// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/archive.h"
#include "publish/self_metrics.h"

namespace egresswatch::app {

// Counters of the daemon about itself that earlier processes have reached: what this one counts comes on top.
class CarriedCounts {
 public:
  void add_to(publish::SelfMetrics& self) const;
  // What is shown now is what the next process begins with.
  static CarriedCounts of(publish::SelfMetrics& shown);
  // Of a loss that is counted outside of this process, and goes on there.
  void forget_loss(std::string_view reason);

  void save(ArchiveWriter& archive) const;
  void restore(ArchiveReader& archive);

 private:
  std::map<std::string, std::uint64_t, std::less<>> counts_;  // by family and label value
};

}  // namespace egresswatch::app
