// SPDX-License-Identifier: Apache-2.0
#include "publish/family.h"

#include <cstddef>
#include <limits>

#include "base/utf8.h"

namespace egresswatch::publish {
namespace {

constexpr std::size_t kMaxLabelBytes = 255;

}  // namespace

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

void Family::add(Labels labels, const account::Histogram& histogram) {
  prometheus::ClientMetric::Histogram& out = add_series(labels).histogram;
  const auto bounds = histogram.bounds_ns();
  const auto counts = histogram.counts();
  out.sample_count = histogram.count();
  out.sample_sum = seconds(histogram.sum_ns());
  out.bucket.reserve(counts.size());
  std::uint64_t cumulated = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    cumulated += counts[i];
    const double bound = i < bounds.size() ? seconds(bounds[i]) : std::numeric_limits<double>::infinity();
    out.bucket.push_back({cumulated, bound});
  }
}

void Family::append_to(std::vector<prometheus::MetricFamily>& families) && {
  if (!family_.metric.empty()) families.push_back(std::move(family_));
}

}  // namespace egresswatch::publish
