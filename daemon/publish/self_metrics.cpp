// SPDX-License-Identifier: Apache-2.0
#include "publish/self_metrics.h"

#include "publish/family.h"
#include "publish/metric_catalog.h"
#include "publish/seconds.h"

namespace egresswatch::publish {

std::vector<prometheus::MetricFamily> SelfMetricsCollectable::Collect() const {
  const SelfMetrics self = source_();
  std::vector<prometheus::MetricFamily> out;
  const auto append = [&out](Family&& family) { std::move(family).append_to(out); };
  const auto append_value = [&append](const MetricInfo& info, auto value) {
    Family family(info);
    family.add({}, value);
    append(std::move(family));
  };

  Family build(catalog::kBuildInfo);
  build.add({{"version", self.version}, {"revision", self.revision}, {"kernel", self.kernel}}, 1.0);
  append(std::move(build));

  Family probes(catalog::kProbeAttached);
  for (const auto& probe : self.probes) probes.add({{"probe", probe.name}}, probe.attached ? 1.0 : 0.0);
  append(std::move(probes));
  Family skipped(catalog::kProbeSkipped);
  for (const auto& probe : self.probes) skipped.add({{"probe", probe.name}}, probe.skipped);
  append(std::move(skipped));

  Family lost(catalog::kEventsLost);
  for (const auto& loss : self.losses) lost.add({{"reason", loss.reason}}, loss.count);
  append(std::move(lost));

  Family entries(catalog::kTableEntries);
  Family evictions(catalog::kTableEvictions);
  for (const auto& table : self.tables) {
    entries.add({{"table", table.name}}, table.entries);
    evictions.add({{"table", table.name}}, table.evictions);
  }
  append(std::move(entries));
  append(std::move(evictions));

  append_value(catalog::kDataComplete, self.data_complete ? 1.0 : 0.0);
  append_value(catalog::kReloadSuccessful, self.config_last_reload_successful ? 1.0 : 0.0);
  if (self.config_last_reload_success_ns > 0)
    append_value(catalog::kReloadSuccessTime, seconds(self.config_last_reload_success_ns));
  append_value(catalog::kHttpRefused, self.http_connections_refused);

  Family refusals(catalog::kControlRefused);
  for (const auto& refusal : self.control_refusals) refusals.add({{"reason", refusal.reason}}, refusal.count);
  append(std::move(refusals));

  Family web(catalog::kWebRefused);
  for (const auto& refusal : self.web_refusals) web.add({{"reason", refusal.reason}}, refusal.count);
  append(std::move(web));

  Family history(catalog::kHistoryLost);
  for (const auto& loss : self.history_losses) history.add({{"reason", loss.reason}}, loss.count);
  append(std::move(history));

  Family events(catalog::kEventLinesLost);
  for (const auto& loss : self.event_losses) events.add({{"reason", loss.reason}}, loss.count);
  append(std::move(events));
  return out;
}

}  // namespace egresswatch::publish
