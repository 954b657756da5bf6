// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "egresswatch/model/report.h"

namespace egresswatch::publish {

// Receives each outcome once, as it becomes known. A report and its names are valid only during the call.
class EventSink {
 public:
  EventSink() = default;
  EventSink(const EventSink&) = delete;
  EventSink& operator=(const EventSink&) = delete;
  virtual ~EventSink() = default;

  virtual void connection(const ConnectionReport& report) = 0;
  virtual void dns(const DnsReport& report) = 0;
  // Every flow; the lines of a log have only those that were not expected.
  virtual void flow(const FlowReport& report) = 0;
};

}  // namespace egresswatch::publish
