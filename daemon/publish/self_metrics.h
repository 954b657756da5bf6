// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

namespace egresswatch::publish {

// The daemon's own state at the moment of a scrape. Names are views that live until the call that made them returns to
// the event loop: string literals, or members of what is described.
struct SelfMetrics {
  struct Probe {
    std::string_view name;
    bool attached = false;
    std::uint64_t skipped = 0;  // runs that the kernel left out
  };
  struct Loss {
    std::string_view reason;
    std::uint64_t count = 0;
  };
  struct Table {
    std::string_view name;
    std::uint64_t entries = 0;
    std::uint64_t evictions = 0;  // and refusals
  };

  std::string_view version;
  std::string_view revision;
  std::string_view kernel;  // release, as uname says it
  std::vector<Probe> probes;
  std::vector<Loss> losses;  // every reason, also at 0
  std::vector<Table> tables;
  bool data_complete = true;
  bool config_last_reload_successful = true;
  std::uint64_t config_last_reload_success_ns = 0;  // CLOCK_REALTIME; 0 = never
  std::uint64_t http_connections_refused = 0;
  std::vector<Loss> web_refusals;      // requests and handshakes of the web endpoint, by reason; empty without a daemon
  std::vector<Loss> history_losses;    // rows, by reason; empty without a history
  std::vector<Loss> event_losses;      // lines of the file of events, by reason; empty without a file
  std::vector<Loss> control_refusals;  // connections to the control socket, by reason; empty without a daemon
};

class SelfMetricsCollectable : public prometheus::Collectable {
 public:
  using Source = std::function<SelfMetrics()>;

  explicit SelfMetricsCollectable(Source source) : source_(std::move(source)) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  Source source_;
};

}  // namespace egresswatch::publish
