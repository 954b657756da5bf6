// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "account/snapshot.h"
#include "publish/ledger_text.h"
#include "publish/process_metrics.h"
#include "publish/self_metrics.h"

namespace egresswatch::publish {

// Content type of what Metrics::render() returns.
inline constexpr const char* kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

// Everything that /metrics shows, in the Prometheus text format 0.0.4. What grows with the destinations and units of
// this host is written by our own TextWriter; what is small comes in prometheus-cpp's data model and is written by it.
class Metrics {
 public:
  using LedgerSource = std::function<account::Snapshot()>;

  Metrics(LedgerSource ledger, SelfMetricsCollectable::Source self);

  [[nodiscard]] std::string render();

 private:
  LedgerSource ledger_;
  LedgerText text_;
  SelfMetricsCollectable self_;
  ProcessMetrics process_;
  std::size_t last_bytes_ = 0;  // of the text: the next one is about as long
};

}  // namespace egresswatch::publish
