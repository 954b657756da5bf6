// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "publish/metric_catalog.h"

namespace egresswatch::publish {

// Builds one prometheus::MetricFamily. Label values may be any bytes: they are made valid UTF-8 without control
// characters here, and the serializer escapes quotes and backslashes, so that no value can forge a line.
class Family {
 public:
  using Labels = std::initializer_list<std::pair<const char*, std::string_view>>;

  explicit Family(const MetricInfo& info);

  // A counter or a gauge, as the catalog says.
  void add(Labels labels, double value);
  void add(Labels labels, std::uint64_t value) { add(labels, static_cast<double>(value)); }

  // Appends the family, unless it has no series: a name without samples tells a reader nothing.
  void append_to(std::vector<prometheus::MetricFamily>& families) &&;

 private:
  prometheus::ClientMetric& add_series(Labels labels);

  prometheus::MetricFamily family_;
  std::string scratch_;
};

}  // namespace egresswatch::publish
