// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "publish/ledger_metrics.h"
#include "publish/process_metrics.h"
#include "publish/self_metrics.h"

namespace egresswatch::publish {

// Content type of what Metrics::render() returns.
inline constexpr const char* kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

// Everything that /metrics shows, in the Prometheus text format 0.0.4.
class Metrics {
 public:
  Metrics(LedgerMetrics::Source ledger, SelfMetricsCollectable::Source self);

  [[nodiscard]] std::string render() const;

 private:
  LedgerMetrics ledger_;
  SelfMetricsCollectable self_;
  ProcessMetrics process_;
};

}  // namespace egresswatch::publish
