// SPDX-License-Identifier: Apache-2.0
#include "publish/metrics.h"

#include <prometheus/text_serializer.h>

#include <sstream>
#include <utility>

namespace egresswatch::publish {

Metrics::Metrics(LedgerSource ledger, SelfMetricsCollectable::Source self)
    : ledger_(std::move(ledger)), self_(std::move(self)) {}

std::string Metrics::render() {
  TextWriter writer(last_bytes_ + last_bytes_ / 16);
  text_.write(ledger_(), writer);
  std::string text = std::move(writer).take();

  std::ostringstream rest;
  const prometheus::TextSerializer serializer;
  for (const prometheus::Collectable* part :
       {static_cast<const prometheus::Collectable*>(&self_), static_cast<const prometheus::Collectable*>(&process_)})
    serializer.Serialize(rest, part->Collect());
  text += rest.view();
  last_bytes_ = text.size();
  return text;
}

}  // namespace egresswatch::publish
