// SPDX-License-Identifier: Apache-2.0
#include "publish/ledger_metrics.h"

#include <cstddef>

#include "publish/family.h"
#include "publish/metric_catalog.h"

namespace egresswatch::publish {
namespace {

using account::Snapshot;
using Families = std::vector<prometheus::MetricFamily>;

void append_connections(const Snapshot& snapshot, Families& out) {
  Family attempts(catalog::kConnectionAttempts);
  Family established(catalog::kConnectionsEstablished);
  Family failures(catalog::kConnectionFailures);
  for (const auto& row : snapshot.connections) {
    attempts.add({{"service", row.service}, {"host", row.host}, {"unit", row.unit}}, row.attempts);
    established.add({{"service", row.service}, {"host", row.host}, {"unit", row.unit}}, row.established);
  }
  for (const auto& row : snapshot.failures)
    failures.add({{"service", row.service},
                  {"host", row.host},
                  {"unit", row.unit},
                  {"stage", to_string(row.stage)},
                  {"cause", to_string(row.cause)}},
                 row.count);
  std::move(attempts).append_to(out);
  std::move(established).append_to(out);
  std::move(failures).append_to(out);
}

void append_durations(const Snapshot& snapshot, Families& out) {
  Family connect(catalog::kConnectDuration);
  Family first_byte(catalog::kFirstByteDuration);
  Family dns(catalog::kDnsDuration);
  for (const auto& row : snapshot.durations) {
    connect.add({{"service", row.service}, {"family", "ipv4"}}, *row.connect_ipv4);
    connect.add({{"service", row.service}, {"family", "ipv6"}}, *row.connect_ipv6);
    first_byte.add({{"service", row.service}}, *row.first_byte);
    dns.add({{"service", row.service}}, *row.dns);
  }
  std::move(connect).append_to(out);
  std::move(first_byte).append_to(out);
  std::move(dns).append_to(out);
}

void append_dns(const Snapshot& snapshot, Families& out) {
  Family answers(catalog::kDnsAnswers);
  Family failures(catalog::kDnsFailures);
  for (const auto& row : snapshot.dns_answers)
    answers.add({{"service", row.service}, {"host", row.host}, {"rcode", row.rcode}}, row.count);
  for (const auto& row : snapshot.dns_failures)
    failures.add({{"service", row.service}, {"host", row.host}, {"cause", to_string(row.cause)}}, row.count);
  std::move(answers).append_to(out);
  std::move(failures).append_to(out);
}

void append_traffic(const Snapshot& snapshot, Families& out) {
  Family syn_retransmits(catalog::kSynRetransmits);
  Family retransmits(catalog::kRetransmits);
  Family sent(catalog::kSentBytes);
  Family received(catalog::kReceivedBytes);
  Family open(catalog::kOpenConnections);
  Family last_success(catalog::kLastSuccess);
  Family last_failure(catalog::kLastFailure);
  for (const auto& row : snapshot.traffic) {
    const auto add = [&row](Family& family, auto value) {
      family.add({{"service", row.service}, {"host", row.host}}, value);
    };
    add(syn_retransmits, row.syn_retransmits);
    add(retransmits, row.retransmits);
    add(sent, row.sent_bytes);
    add(received, row.received_bytes);
    add(open, row.open_connections);
    // a time that never was would read as 1970
    if (row.last_success_ns > 0) add(last_success, seconds(row.last_success_ns));
    if (row.last_failure_ns > 0) add(last_failure, seconds(row.last_failure_ns));
  }
  for (Family* family : {&syn_retransmits, &retransmits, &sent, &received, &open, &last_success, &last_failure})
    std::move(*family).append_to(out);
}

void append_totals(const Snapshot& snapshot, Families& out) {
  Family names(catalog::kNames);
  for (std::size_t i = 0; i < kNameSourceNames.size(); ++i)
    names.add({{"source", kNameSourceNames[i]}}, snapshot.name_sources[i]);

  Family events(catalog::kEvents);
  for (std::size_t i = 0; i < account::kEventTypeNames.size(); ++i)
    events.add({{"type", account::kEventTypeNames[i]}}, snapshot.events[i]);

  Family overflow(catalog::kSeriesOverflow);
  overflow.add({{"metric", catalog::kConnectionAttempts.name}}, snapshot.overflow.connections);
  overflow.add({{"metric", catalog::kConnectionFailures.name}}, snapshot.overflow.failures);
  overflow.add({{"metric", catalog::kDnsAnswers.name}}, snapshot.overflow.dns_answers);
  overflow.add({{"metric", catalog::kDnsFailures.name}}, snapshot.overflow.dns_failures);

  std::move(names).append_to(out);
  std::move(events).append_to(out);
  std::move(overflow).append_to(out);
}

}  // namespace

Families LedgerMetrics::Collect() const {
  const Snapshot snapshot = source_();
  Families out;
  append_connections(snapshot, out);
  append_durations(snapshot, out);
  append_dns(snapshot, out);
  append_traffic(snapshot, out);
  append_totals(snapshot, out);
  return out;
}

}  // namespace egresswatch::publish
