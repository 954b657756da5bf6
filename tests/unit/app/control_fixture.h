// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "account/ledger.h"
#include "app/control.h"
#include "cli/values.h"
#include "unit/app/pipeline_fixture.h"
#include "unit/publish/report_fixture.h"

namespace egresswatch::test {

// What the documents are made of: a ledger, the memory of outcomes and the built-in catalog, without a pipeline.
class ControlTest : public ::testing::Test {
 protected:
  static constexpr std::string_view kVault = "prod.vault.azure.net";
  static constexpr std::uint64_t kStart = 1'790'000'000 * kSecond;  // 2026-09-21 14:13:20 UTC

  ControlTest() {
    for (const auto& service : classifier_->services()) ledger_.add_service(service);
  }

  // Counted as the pipeline counts, and remembered.
  void happen(ConnectionReport report, std::string_view ledger_host = {}) {
    const auto series =
        ledger_.connection_series(report.service, ledger_host.empty() ? report.host : ledger_host, report.unit);
    ledger_.attempt(series);
    if (report.verdict == Verdict::ok) {
      ledger_.established(series, !report.remote.address.is_v4(), report.connect_latency_ns);
      ledger_.succeeded(series, report.wall_time_ns);
    }
    if (report.verdict == Verdict::failed) ledger_.failed(series, report.stage, report.cause, report.wall_time_ns);
    recent_.connection(report);
  }
  void happen(const DnsReport& report) {
    if (report.cause != DnsCause::none) ledger_.dns_failure(report.service, report.question, report.cause);
    recent_.dns(report);
  }
  // So many seconds after the start.
  template <typename Report>
  static Report at(std::uint64_t seconds, Report report) {
    report.wall_time_ns = kStart + seconds * kSecond;
    return report;
  }

  app::ControlSources sources() {
    return {.ledger = [this] { return ledger_.snapshot(); },
            .pending =
                [this](const app::ControlSources::Visit& visit) {
                  for (const ConnectionReport& report : pending_) visit(report);
                },
            .classifier = [this]() -> const classify::Classifier& { return *classifier_; },
            .name_of = [this](const IpAddress&) { return name_; },
            .state = [this] { return app::ControlSources::State{.data_complete = complete_, .since_ns = kStart}; },
            .wall_ns = [this] { return kStart + now_s_ * kSecond; },
            .recent = &recent_};
  }
  // Documents live as long as the test.
  const boost::json::object& status() { return parse(app::status_document(sources())); }
  const boost::json::object& explain(std::string_view target) {
    return parse(app::explain_document(sources(), target));
  }

  const boost::json::object& parse(const std::string& document) {
    boost::system::error_code error;
    auto value = boost::json::parse(document, error);
    EXPECT_FALSE(error) << document;
    return documents_.emplace_back(value.is_object() ? value.as_object() : boost::json::object{});
  }

  class NoSink final : public publish::EventSink {
   public:
    void connection(const ConnectionReport&) override {}
    void dns(const DnsReport&) override {}
    void flow(const FlowReport&) override {}
  };

  std::deque<boost::json::object> documents_;
  account::Ledger ledger_;
  NoSink no_sink_;
  publish::RecentOutcomes recent_{no_sink_};
  std::shared_ptr<const classify::Classifier> classifier_ = compile();
  std::vector<ConnectionReport> pending_;
  correlate::NameMatch name_;
  bool complete_ = true;
  std::uint64_t now_s_ = 100;
};

}  // namespace egresswatch::test
