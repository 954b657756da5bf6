// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "account/ledger.h"
#include "publish/metrics.h"

namespace egresswatch::publish {

inline SelfMetrics sample_self_metrics() {
  SelfMetrics self;
  self.version = "0.1.0";
  self.revision = "abc1234";
  self.kernel = "6.1.0-40-amd64";
  self.probes = {{"inet_sock_set_state", true}, {"fib_table_lookup", false}};
  self.losses = {{"ring_full", 3}, {"payload_truncated", 0}};
  self.tables = {{"sockets", 17, 2}};
  self.web_refusals = {{"unauthorised", 3}};
  self.history_losses = {{"disk_full", 4}, {"io_error", 0}};
  self.event_losses = {{"disk_full", 6}};
  self.control_refusals = {{"not_permitted", 1}, {"too_many", 0}, {"slow_reader", 0}};
  self.config_last_reload_success_ns = 1'790'000'000'500'000'000;
  return self;
}

inline std::string render(const account::Ledger& ledger, const SelfMetrics& self = sample_self_metrics()) {
  return Metrics([&ledger] { return ledger.snapshot(); }, [&self] { return self; }).render();
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// The value of the sample `series`, as text; empty if there is none.
inline std::string value_of(const std::string& text, const std::string& series) {
  for (const std::string& line : lines_of(text))
    if (line.starts_with(series + " ")) return line.substr(series.size() + 1);
  return {};
}

}  // namespace egresswatch::publish
