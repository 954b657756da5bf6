// SPDX-License-Identifier: Apache-2.0
#include "publish/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "metrics_fixture.h"

namespace egresswatch::publish {
namespace {

using account::Ledger;
using account::SeriesId;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t kNow = 1'790'000'000'000'000'000;

class MetricsTest : public testing::Test {
 protected:
  MetricsTest() { ledger_.add_service("key_vault"); }
  SeriesId vault(const char* unit = "sync.service") {
    return ledger_.connection_series("key_vault", "a.vault.azure.net", unit);
  }
  [[nodiscard]] std::string value(const std::string& series) const { return value_of(render(ledger_), series); }

  Ledger ledger_;
};

TEST_F(MetricsTest, ConnectionsAreLabelledByServiceHostAndUnit) {
  ledger_.attempt(vault());
  ledger_.attempt(vault());
  ledger_.established(vault(), false, 1);
  const std::string labels = R"({service="key_vault",host="a.vault.azure.net",unit="sync.service"})";
  EXPECT_EQ(value("egresswatch_connection_attempts_total" + labels), "2");
  EXPECT_EQ(value("egresswatch_connections_established_total" + labels), "1");
}

TEST_F(MetricsTest, FailuresAreLabelledByStageAndCauseToo) {
  ledger_.failed(vault(), Stage::connect, Cause::abandoned, kNow);
  EXPECT_EQ(
      value("egresswatch_connection_failures_total"
            R"({service="key_vault",host="a.vault.azure.net",unit="sync.service",stage="connect",cause="abandoned"})"),
      "1");
}

TEST_F(MetricsTest, AServiceExistsAtZero) {
  EXPECT_EQ(value(R"(egresswatch_connection_attempts_total{service="key_vault",host="other",unit="other"})"), "0");
  EXPECT_EQ(value(R"(egresswatch_connections_established_total{service="key_vault",host="other",unit="other"})"), "0");
  EXPECT_EQ(value("egresswatch_connection_failures_total"
                  R"({service="key_vault",host="other",unit="other",stage="connect",cause="no_reply"})"),
            "0");
  EXPECT_EQ(value(R"(egresswatch_dns_answers_total{service="key_vault",host="other",rcode="NOERROR"})"), "0");
  EXPECT_EQ(value(R"(egresswatch_dns_failures_total{service="key_vault",host="other",cause="nxdomain"})"), "0");
  EXPECT_EQ(value(R"(egresswatch_open_connections{service="key_vault",host="other"})"), "0");
  EXPECT_EQ(value(R"(egresswatch_connect_duration_seconds_count{service="key_vault",family="ipv6"})"), "0");
}

TEST_F(MetricsTest, ConnectDurationIsACumulatedHistogramInSeconds) {
  ledger_.established(vault(), false, 400'000);
  ledger_.established(vault(), false, 700'000);
  ledger_.established(vault(), false, 99'000'000'000);
  const std::string name = "egresswatch_connect_duration_seconds";
  EXPECT_EQ(value(name + R"(_bucket{service="key_vault",family="ipv4",le="0.0005"})"), "1");
  EXPECT_EQ(value(name + R"(_bucket{service="key_vault",family="ipv4",le="0.001"})"), "2");
  EXPECT_EQ(value(name + R"(_bucket{service="key_vault",family="ipv4",le="60"})"), "2");
  EXPECT_EQ(value(name + R"(_bucket{service="key_vault",family="ipv4",le="+Inf"})"), "3");
  EXPECT_EQ(value(name + R"(_count{service="key_vault",family="ipv4"})"), "3");
  EXPECT_DOUBLE_EQ(std::stod(value(name + R"(_sum{service="key_vault",family="ipv4"})")), 99.0011);
}

TEST_F(MetricsTest, FirstByteAndDnsDurationsAreLabelledByService) {
  ledger_.first_byte(vault(), 2'000'000);
  ledger_.dns_answer("key_vault", "a.vault.azure.net", 0, 3'000'000);
  EXPECT_EQ(value(R"(egresswatch_first_byte_duration_seconds_sum{service="key_vault"})"), "0.002");
  EXPECT_EQ(value(R"(egresswatch_dns_duration_seconds_sum{service="key_vault"})"), "0.003");
}

TEST_F(MetricsTest, DnsIsLabelledByResponseCodeAndCause) {
  ledger_.dns_answer("key_vault", "a.vault.azure.net", 3, 1);
  ledger_.dns_failure("key_vault", "a.vault.azure.net", DnsCause::private_record_missing);
  EXPECT_EQ(value(R"(egresswatch_dns_answers_total{service="key_vault",host="a.vault.azure.net",rcode="NXDOMAIN"})"),
            "1");
  EXPECT_EQ(value("egresswatch_dns_failures_total"
                  R"({service="key_vault",host="a.vault.azure.net",cause="private_record_missing"})"),
            "1");
}

TEST_F(MetricsTest, TrafficIsLabelledByServiceAndHost) {
  ledger_.opened(vault());
  ledger_.traffic(vault(), {11, 22, 33, 44});
  const std::string labels = R"({service="key_vault",host="a.vault.azure.net"})";
  EXPECT_EQ(value("egresswatch_sent_bytes_total" + labels), "11");
  EXPECT_EQ(value("egresswatch_received_bytes_total" + labels), "22");
  EXPECT_EQ(value("egresswatch_retransmits_total" + labels), "33");
  EXPECT_EQ(value("egresswatch_syn_retransmits_total" + labels), "44");
  EXPECT_EQ(value("egresswatch_open_connections" + labels), "1");
}

TEST_F(MetricsTest, LargeCountersKeepEveryDigit) {
  ledger_.traffic(vault(), {9'007'199'254'740'991, 0, 0, 0});
  EXPECT_EQ(value(R"(egresswatch_sent_bytes_total{service="key_vault",host="a.vault.azure.net"})"), "9007199254740991");
}

TEST_F(MetricsTest, TimestampsAreAbsentUntilThereIsOne) {
  ledger_.established(vault(), false, 1);
  EXPECT_THAT(render(ledger_), Not(HasSubstr("egresswatch_last_")));
  ledger_.succeeded(vault(), kNow);
  const std::string text = render(ledger_);
  EXPECT_EQ(
      value_of(text, R"(egresswatch_last_success_timestamp_seconds{service="key_vault",host="a.vault.azure.net"})"),
      "1790000000");
  EXPECT_THAT(text, Not(HasSubstr("egresswatch_last_failure")));
}

TEST_F(MetricsTest, NamesAndEventsExistForEveryKind) {
  ledger_.name_source(NameSource::dns_host);
  ledger_.event(account::EventType::flow);
  EXPECT_EQ(value(R"(egresswatch_names_total{source="dns_host"})"), "1");
  EXPECT_EQ(value(R"(egresswatch_names_total{source="none"})"), "0");
  EXPECT_EQ(value(R"(egresswatch_events_total{type="flow"})"), "1");
  EXPECT_EQ(value(R"(egresswatch_events_total{type="cancelled"})"), "0");
}

TEST_F(MetricsTest, OverflowNamesTheMetric) {
  Ledger small({.series_per_metric = 0, .hosts_per_service = 0});
  small.add_service("key_vault");
  small.attempt(small.connection_series("key_vault", "a.vault.azure.net", "u"));
  EXPECT_EQ(
      value_of(render(small), R"(egresswatch_series_overflow_total{metric="egresswatch_connection_attempts_total"})"),
      "1");
  EXPECT_EQ(value(R"(egresswatch_series_overflow_total{metric="egresswatch_dns_answers_total"})"), "0");
}

TEST_F(MetricsTest, TheDaemonsOwnState) {
  EXPECT_EQ(value(R"(egresswatch_build_info{version="0.1.0",revision="abc1234",kernel="6.1.0-40-amd64"})"), "1");
  EXPECT_EQ(value(R"(egresswatch_probe_attached{probe="inet_sock_set_state"})"), "1");
  EXPECT_EQ(value(R"(egresswatch_probe_attached{probe="fib_table_lookup"})"), "0");
  EXPECT_EQ(value(R"(egresswatch_events_lost_total{reason="ring_full"})"), "3");
  EXPECT_EQ(value(R"(egresswatch_events_lost_total{reason="payload_truncated"})"), "0");
  EXPECT_EQ(value(R"(egresswatch_table_entries{table="sockets"})"), "17");
  EXPECT_EQ(value(R"(egresswatch_table_evictions_total{table="sockets"})"), "2");
  EXPECT_EQ(value(R"(egresswatch_history_lost_total{reason="disk_full"})"), "4");
  EXPECT_EQ(value(R"(egresswatch_history_lost_total{reason="io_error"})"), "0");
  EXPECT_EQ(value(R"(egresswatch_http_refused_total{reason="unauthorised"})"), "3");
  EXPECT_EQ(value(R"(egresswatch_event_lines_lost_total{reason="disk_full"})"), "6");
  EXPECT_EQ(value("egresswatch_data_complete"), "1");
  EXPECT_EQ(value("egresswatch_config_last_reload_successful"), "1");
  EXPECT_EQ(value("egresswatch_config_last_reload_success_timestamp_seconds"), "1790000000.5");
  EXPECT_EQ(value("egresswatch_http_connections_refused_total"), "0");
}

TEST_F(MetricsTest, ProcessMetricsArePartOfIt) {
  EXPECT_THAT(render(ledger_), HasSubstr("\nprocess_resident_memory_bytes "));
}

}  // namespace
}  // namespace egresswatch::publish
