// SPDX-License-Identifier: Apache-2.0
#include "publish/ledger_text.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "publish/metric_catalog.h"
#include "publish/seconds.h"

namespace egresswatch::publish {
namespace {

using account::Snapshot;

void write_durations(const Snapshot& snapshot, TextWriter& out) {
  out.family(catalog::kConnectDuration);
  for (const auto& row : snapshot.durations) {
    out.histogram({{"service", row.service}, {"family", "ipv4"}}, *row.connect_ipv4);
    out.histogram({{"service", row.service}, {"family", "ipv6"}}, *row.connect_ipv6);
  }
  out.family(catalog::kFirstByteDuration);
  for (const auto& row : snapshot.durations) out.histogram({{"service", row.service}}, *row.first_byte);
  out.family(catalog::kDnsDuration);
  for (const auto& row : snapshot.durations) out.histogram({{"service", row.service}}, *row.dns);
}

void write_unexpected(const Snapshot& snapshot, TextWriter& out) {
  out.family(catalog::kUnexpected);
  for (const auto& row : snapshot.unexpected)
    out.sample({{"reason", to_string(row.reason)}, {"unit", row.unit}, {"process", row.process}}, row.count);
}

void write_totals(const Snapshot& snapshot, TextWriter& out) {
  out.family(catalog::kNames);
  for (std::size_t i = 0; i < kNameSourceNames.size(); ++i)
    out.sample({{"source", kNameSourceNames[i]}}, snapshot.name_sources[i]);

  out.family(catalog::kEvents);
  for (std::size_t i = 0; i < account::kEventTypeNames.size(); ++i)
    out.sample({{"type", account::kEventTypeNames[i]}}, snapshot.events[i]);

  out.family(catalog::kSeriesOverflow);
  out.sample({{"metric", catalog::kConnectionAttempts.name}}, snapshot.overflow.connections);
  out.sample({{"metric", catalog::kConnectionFailures.name}}, snapshot.overflow.failures);
  out.sample({{"metric", catalog::kDnsAnswers.name}}, snapshot.overflow.dns_answers);
  out.sample({{"metric", catalog::kDnsFailures.name}}, snapshot.overflow.dns_failures);
  out.sample({{"metric", catalog::kUnexpected.name}}, snapshot.overflow.unexpected);
}

}  // namespace

void LedgerText::write(const Snapshot& snapshot, TextWriter& out) {
  write_connections(snapshot, out);
  write_durations(snapshot, out);
  write_dns(snapshot, out);
  write_traffic(snapshot, out);
  write_unexpected(snapshot, out);
  write_totals(snapshot, out);
}

template <typename Row>
std::string_view LedgerText::series_labels(const Row& row) {
  return series_.get(row.series, {{"service", row.service}, {"host", row.host}, {"unit", row.unit}});
}

template <typename Row>
std::string_view LedgerText::host_labels(const Row& row) {
  return hosts_.get(row.host_number, {{"service", row.service}, {"host", row.host}});
}

void LedgerText::write_connections(const Snapshot& snapshot, TextWriter& out) {
  out.family(catalog::kConnectionAttempts);
  for (const auto& row : snapshot.connections) out.sample(series_labels(row), {}, row.attempts);
  out.family(catalog::kConnectionsEstablished);
  for (const auto& row : snapshot.connections) out.sample(series_labels(row), {}, row.established);
  out.family(catalog::kConnectionFailures);
  for (const auto& row : snapshot.failures)
    out.sample(series_labels(row), {{"stage", to_string(row.stage)}, {"cause", to_string(row.cause)}}, row.count);
}

void LedgerText::write_dns(const Snapshot& snapshot, TextWriter& out) {
  out.family(catalog::kDnsAnswers);
  for (const auto& row : snapshot.dns_answers) out.sample(host_labels(row), {{"rcode", row.rcode}}, row.count);
  out.family(catalog::kDnsFailures);
  for (const auto& row : snapshot.dns_failures)
    out.sample(host_labels(row), {{"cause", to_string(row.cause)}}, row.count);
  out.family(catalog::kHostResolution);
  for (const auto& row : snapshot.resolutions)
    out.sample(host_labels(row), {{"kind", to_string(row.kind)}}, std::uint64_t{1});
}

void LedgerText::write_traffic(const Snapshot& snapshot, TextWriter& out) {
  using Row = Snapshot::HostTraffic;
  const auto column = [&](const MetricInfo& info, std::uint64_t Row::*value) {
    out.family(info);
    for (const Row& row : snapshot.traffic) out.sample(host_labels(row), {}, row.*value);
  };
  column(catalog::kSynRetransmits, &Row::syn_retransmits);
  column(catalog::kRetransmits, &Row::retransmits);
  column(catalog::kSentBytes, &Row::sent_bytes);
  column(catalog::kReceivedBytes, &Row::received_bytes);
  column(catalog::kOpenConnections, &Row::open_connections);

  const auto times = [&](const MetricInfo& info, std::uint64_t Row::*time_ns) {
    out.family(info);
    for (const Row& row : snapshot.traffic)
      // a time that never was would read as 1970
      if (row.*time_ns > 0) out.sample(host_labels(row), {}, seconds(row.*time_ns));
  };
  times(catalog::kLastSuccess, &Row::last_success_ns);
  times(catalog::kLastFailure, &Row::last_failure_ns);
}

}  // namespace egresswatch::publish
