// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <functional>
#include <utility>
#include <vector>

#include "account/snapshot.h"

namespace egresswatch::publish {

// What the ledger counted, as metrics.
class LedgerMetrics : public prometheus::Collectable {
 public:
  using Source = std::function<account::Snapshot()>;

  explicit LedgerMetrics(Source source) : source_(std::move(source)) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  Source source_;
};

}  // namespace egresswatch::publish
