// SPDX-License-Identifier: Apache-2.0
#include "publish/family.h"

#include "base/utf8.h"

namespace egresswatch::publish {

Family::Family(const MetricInfo& info) {
  family_.name = info.name;
  family_.help = info.help;
  family_.type = info.type;
}

prometheus::ClientMetric& Family::add_series(Labels labels) {
  prometheus::ClientMetric& series = family_.metric.emplace_back();
  series.label.reserve(labels.size());
  for (const auto& [name, value] : labels)
    series.label.push_back({name, std::string(utf8::clean(value, kMaxLabelBytes, scratch_))});
  return series;
}

void Family::add(Labels labels, double value) {
  prometheus::ClientMetric& series = add_series(labels);
  if (family_.type == prometheus::MetricType::Counter) {
    series.counter.value = value;
  } else {
    series.gauge.value = value;
  }
}

void Family::append_to(std::vector<prometheus::MetricFamily>& families) && {
  if (!family_.metric.empty()) families.push_back(std::move(family_));
}

}  // namespace egresswatch::publish
