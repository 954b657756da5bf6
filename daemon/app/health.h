// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "app/pipeline.h"
#include "capture/source.h"
#include "publish/self_metrics.h"

namespace egresswatch::app {

// Whether what is known is the whole truth: false after the kernel had to drop records that change what is open, until
// the open sockets have been read again.
class Completeness {
 public:
  // Looks at the counters of the source; true if something was lost since the last call.
  bool lost_something(const capture::Source& source);
  void restored() { complete_ = true; }
  [[nodiscard]] bool complete() const { return complete_; }

 private:
  std::uint64_t lost_ = 0;
  bool complete_ = true;
};

// Outcome of the last (re)load of the configuration.
struct ReloadState {
  bool successful = true;
  std::uint64_t success_ns = 0;  // CLOCK_REALTIME
};

// What the daemon says about itself at a scrape.
publish::SelfMetrics describe(const Pipeline& pipeline, const capture::Source& source, const Completeness& completeness,
                              const ReloadState& reload);

}  // namespace egresswatch::app
