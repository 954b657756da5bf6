// SPDX-License-Identifier: Apache-2.0
#include "app/history_sink.h"

#include <chrono>
#include <string>

#include "base/log.h"

namespace egresswatch::app {

void HistorySink::open(const config::History& history, std::uint64_t now_ns) {
  if (history.path.empty()) return;
  const history::Limits limits{
      .max_age_ns = static_cast<std::uint64_t>(std::chrono::nanoseconds(history.max_age).count()),
      .max_bytes = history.max_bytes};
  store_ = history::Store::open(history.path, limits, now_ns);
  written_ns_ = now_ns;
  if (const std::string notice = store_->take_notice(); !notice.empty()) log::warning(notice);
}

void HistorySink::connection(const ConnectionReport& report) {
  if (store_) store_->note(report);
  next_.connection(report);
}

void HistorySink::flow(const FlowReport& report) {
  if (store_) store_->note(report);
  next_.flow(report);
}

void HistorySink::tick(std::uint64_t now_ns) {
  // a clock that was set back must not keep it waiting
  const bool due = now_ns < written_ns_ || now_ns - written_ns_ >= kIntervalNs;
  if (!store_ || (!due && !store_->crowded())) return;
  // what is left is written at the next tick
  if (!flush(now_ns)) written_ns_ = now_ns;
}

bool HistorySink::write_all(std::uint64_t now_ns) {
  if (!store_) return false;
  while (flush(now_ns)) {
  }
  written_ns_ = now_ns;
  return store_->writing();
}

bool HistorySink::flush(std::uint64_t now_ns) {
  const bool more = store_->flush(now_ns);
  if (const std::string notice = store_->take_notice(); !notice.empty()) log::warning(notice);
  return more;
}

void HistorySink::describe(publish::SelfMetrics& metrics) const {
  if (!store_) return;
  const auto losses = store_->losses();
  metrics.tables.push_back({"history", store_->rows(), losses[static_cast<std::size_t>(history::Loss::too_many)]});
  for (std::size_t i = 0; i < losses.size(); ++i) metrics.history_losses.push_back({history::kLossNames[i], losses[i]});
}

}  // namespace egresswatch::app
