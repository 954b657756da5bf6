// SPDX-License-Identifier: Apache-2.0
#include "app/event_log.h"

#include "app/line_sink.h"
#include "base/log.h"

namespace egresswatch::app {

void EventLog::open(const config::Events& events) {
  if (events.file.empty()) return;
  file_ = std::make_unique<publish::EventFile>(events.file);
  sink_ =
      make_line_sink(*file_, events.format == config::EventFormat::ocsf ? LineFormat::ocsf : LineFormat::json, false);
  reopen();
}

void EventLog::reopen() {
  if (!file_) return;
  if (auto opened = file_->reopen(); !opened) log::warning(opened.error().message);
}

void EventLog::flush() {
  if (file_) file_->flush();
}

void EventLog::connection(const ConnectionReport& report) {
  if (sink_) sink_->connection(report);
  next_.connection(report);
}

void EventLog::dns(const DnsReport& report) {
  if (sink_) sink_->dns(report);
  next_.dns(report);
}

void EventLog::flow(const FlowReport& report) {
  if (sink_) sink_->flow(report);
  next_.flow(report);
}

void EventLog::describe(publish::SelfMetrics& metrics) const {
  if (!file_) return;
  for (std::size_t i = 0; i < file_->losses().size(); ++i)
    metrics.event_losses.push_back({publish::EventFile::kLossNames[i], file_->losses()[i]});
}

}  // namespace egresswatch::app
