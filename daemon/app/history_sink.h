// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "config/config.h"
#include "history/store.h"
#include "publish/event_sink.h"
#include "publish/self_metrics.h"

namespace egresswatch::app {

// Hands every report on, and notes it in the history, once there is one.
class HistorySink final : public publish::EventSink {
 public:
  explicit HistorySink(publish::EventSink& next) : next_(next) {}

  // Without a path there is none. What is wrong with the file is one warning. Times are CLOCK_REALTIME.
  void open(const config::History& history, std::uint64_t now_ns);

  void connection(const ConnectionReport& report) override;
  void dns(const DnsReport& report) override { next_.dns(report); }
  void flow(const FlowReport& report) override;

  // Writes what has been waiting for a while, a few milliseconds' worth.
  void tick(std::uint64_t now_ns);
  // Writes everything; false if it could not be written, or there is no history.
  bool write_all(std::uint64_t now_ns);

  void describe(publish::SelfMetrics& metrics) const;

 private:
  static constexpr std::uint64_t kIntervalNs = 10'000'000'000;

  bool flush(std::uint64_t now_ns);

  publish::EventSink& next_;
  std::unique_ptr<history::Store> store_;  // null without a history
  std::uint64_t written_ns_ = 0;
};

}  // namespace egresswatch::app
