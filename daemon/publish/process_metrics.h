// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <cstdint>
#include <string>
#include <vector>

namespace egresswatch::publish {

// The process_* metrics that every Prometheus client library exports, of this process. What /proc does not tell (it may
// be hidden by a sandbox) is left out.
class ProcessMetrics : public prometheus::Collectable {
 public:
  // The folder is a parameter for tests.
  explicit ProcessMetrics(std::string proc_self = "/proc/self");
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  std::string proc_self_;
  double boot_time_s_;  // fixed at construction, so that the start time does not move with the wall clock
};

}  // namespace egresswatch::publish
