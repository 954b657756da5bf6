// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "publish/event_sink.h"

namespace egresswatch::test {

// Keeps every report, with its texts: those of the pipeline are views that end with the call.
class CapturingSink final : public publish::EventSink {
 public:
  void connection(const ConnectionReport& report) override {
    ConnectionReport& kept = connections_.emplace_back(report);
    for (std::string_view* text :
         {&kept.service, &kept.host, &kept.unit, &kept.slice, &kept.container_id, &kept.container_name, &kept.process,
          &kept.evidence.drop_reason, &kept.evidence.service_tag, &kept.evidence.dns_name, &kept.evidence.wire_name,
          &kept.evidence.waits_for, &kept.evidence.holds_up})
      *text = keep(*text);
  }
  void dns(const DnsReport& report) override {
    DnsReport& kept = dns_.emplace_back(report);
    for (std::string_view* text : {&kept.service, &kept.unit, &kept.process, &kept.question, &kept.cname_tail})
      *text = keep(*text);
  }
  void flow(const FlowReport& report) override {
    FlowReport& kept = flows_.emplace_back(report);
    for (std::string_view* text :
         {&kept.service, &kept.host, &kept.unit, &kept.slice, &kept.container_id, &kept.container_name, &kept.process})
      *text = keep(*text);
  }

  [[nodiscard]] const std::vector<ConnectionReport>& connections() const { return connections_; }
  [[nodiscard]] const std::vector<DnsReport>& dns() const { return dns_; }
  [[nodiscard]] const std::vector<FlowReport>& flows() const { return flows_; }

 private:
  std::string_view keep(std::string_view text) { return texts_.emplace_back(text); }

  std::deque<std::string> texts_;
  std::vector<ConnectionReport> connections_;
  std::vector<DnsReport> dns_;
  std::vector<FlowReport> flows_;
};

}  // namespace egresswatch::test
