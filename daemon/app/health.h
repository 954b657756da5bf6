// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

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
  // How many losses of the source have been looked at; for the next process, which goes on from there with resume().
  [[nodiscard]] std::uint64_t losses_seen() const { return lost_; }
  // What happened between two processes has to be read first.
  void resume(std::uint64_t losses_seen) {
    lost_ = losses_seen;
    complete_ = false;
  }
  [[nodiscard]] bool complete() const { return complete_; }

 private:
  std::uint64_t lost_ = 0;
  bool complete_ = true;
};

// What is missing from the whole picture, in one sentence; empty if nothing is. A probe that a kernel, a lockdown or
// the sandbox of the unit may rightly leave out (bpf/README.md) is not missed.
std::string what_is_missing(const capture::Source& source, const Completeness& completeness);

// Outcome of the last (re)load of the configuration.
struct ReloadState {
  bool successful = true;
  std::uint64_t success_ns = 0;  // CLOCK_REALTIME
};

// Label values of egresswatch_events_lost_total that the kernel counts.
std::span<const std::string_view> kernel_loss_reasons();

// What the daemon says about itself at a scrape.
publish::SelfMetrics describe(const Pipeline& pipeline, const capture::Source& source, const Completeness& completeness,
                              const ReloadState& reload);

}  // namespace egresswatch::app
