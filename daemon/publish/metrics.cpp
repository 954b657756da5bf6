// SPDX-License-Identifier: Apache-2.0
#include "publish/metrics.h"

#include <prometheus/text_serializer.h>

#include <sstream>
#include <utility>

namespace egresswatch::publish {

Metrics::Metrics(LedgerMetrics::Source ledger, SelfMetricsCollectable::Source self)
    : ledger_(std::move(ledger)), self_(std::move(self)) {}

std::string Metrics::render() const {
  std::ostringstream out;
  const prometheus::TextSerializer serializer;
  for (const prometheus::Collectable* part :
       {static_cast<const prometheus::Collectable*>(&ledger_), static_cast<const prometheus::Collectable*>(&self_),
        static_cast<const prometheus::Collectable*>(&process_)})
    serializer.Serialize(out, part->Collect());
  return std::move(out).str();
}

}  // namespace egresswatch::publish
