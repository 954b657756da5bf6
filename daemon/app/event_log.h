// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "config/config.h"
#include "publish/event_file.h"
#include "publish/event_sink.h"
#include "publish/self_metrics.h"

namespace egresswatch::app {

// Hands every report on, and writes it to the file of events, once there is one.
class EventLog final : public publish::EventSink {
 public:
  explicit EventLog(publish::EventSink& next) : next_(next) {}

  // Without a path there is none. What is wrong with the file is one warning.
  void open(const config::Events& events);
  // For a file that was renamed.
  void reopen();
  void flush();

  void connection(const ConnectionReport& report) override;
  void dns(const DnsReport& report) override;
  void flow(const FlowReport& report) override;

  void describe(publish::SelfMetrics& metrics) const;

 private:
  publish::EventSink& next_;
  std::unique_ptr<publish::EventFile> file_;  // null without one
  std::unique_ptr<publish::EventSink> sink_;
};

}  // namespace egresswatch::app
