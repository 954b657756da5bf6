// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/metric_family.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "account/snapshot.h"
#include "base/utf8.h"
#include "publish/metric_catalog.h"
#include "publish/seconds.h"

// What the ledger counted, in the data model of prometheus-cpp: the yardstick for the text that we write ourselves.
namespace egresswatch::publish {

class ReferenceFamily {
 public:
  using Labels = std::initializer_list<std::pair<const char*, std::string_view>>;

  explicit ReferenceFamily(const MetricInfo& info) {
    family_.name = info.name;
    family_.help = info.help;
    family_.type = info.type;
  }

  void add(Labels labels, double value) {
    prometheus::ClientMetric& series = add_series(labels);
    (family_.type == prometheus::MetricType::Counter ? series.counter.value : series.gauge.value) = value;
  }
  void add(Labels labels, std::uint64_t value) { add(labels, static_cast<double>(value)); }
  void add(Labels labels, const account::Histogram& histogram) {
    prometheus::ClientMetric::Histogram& out = add_series(labels).histogram;
    out.sample_count = histogram.count();
    out.sample_sum = seconds(histogram.sum_ns());
    std::uint64_t cumulated = 0;
    for (std::size_t i = 0; i < histogram.counts().size(); ++i) {
      cumulated += histogram.counts()[i];
      const bool last = i == histogram.bounds_ns().size();
      out.bucket.push_back(
          {cumulated, last ? std::numeric_limits<double>::infinity() : seconds(histogram.bounds_ns()[i])});
    }
  }

  void append_to(std::vector<prometheus::MetricFamily>& families) {
    if (!family_.metric.empty()) families.push_back(std::move(family_));
  }

 private:
  prometheus::ClientMetric& add_series(Labels labels) {
    prometheus::ClientMetric& series = family_.metric.emplace_back();
    series.label.reserve(labels.size());
    for (const auto& [name, value] : labels)
      series.label.push_back({name, std::string(utf8::clean(value, kMaxLabelBytes, scratch_))});
    return series;
  }

  prometheus::MetricFamily family_;
  std::string scratch_;
};

inline std::vector<prometheus::MetricFamily> ledger_families(const account::Snapshot& snapshot) {
  ReferenceFamily attempts(catalog::kConnectionAttempts);
  ReferenceFamily established(catalog::kConnectionsEstablished);
  for (const auto& row : snapshot.connections) {
    const ReferenceFamily::Labels labels{{"service", row.service}, {"host", row.host}, {"unit", row.unit}};
    attempts.add(labels, row.attempts);
    established.add(labels, row.established);
  }
  ReferenceFamily failures(catalog::kConnectionFailures);
  for (const auto& row : snapshot.failures)
    failures.add({{"service", row.service},
                  {"host", row.host},
                  {"unit", row.unit},
                  {"stage", to_string(row.stage)},
                  {"cause", to_string(row.cause)}},
                 row.count);

  ReferenceFamily connect(catalog::kConnectDuration);
  ReferenceFamily first_byte(catalog::kFirstByteDuration);
  ReferenceFamily dns(catalog::kDnsDuration);
  for (const auto& row : snapshot.durations) {
    connect.add({{"service", row.service}, {"family", "ipv4"}}, *row.connect_ipv4);
    connect.add({{"service", row.service}, {"family", "ipv6"}}, *row.connect_ipv6);
    first_byte.add({{"service", row.service}}, *row.first_byte);
    dns.add({{"service", row.service}}, *row.dns);
  }

  ReferenceFamily answers(catalog::kDnsAnswers);
  for (const auto& row : snapshot.dns_answers)
    answers.add({{"service", row.service}, {"host", row.host}, {"rcode", row.rcode}}, row.count);
  ReferenceFamily dns_failures(catalog::kDnsFailures);
  for (const auto& row : snapshot.dns_failures)
    dns_failures.add({{"service", row.service}, {"host", row.host}, {"cause", to_string(row.cause)}}, row.count);
  ReferenceFamily resolutions(catalog::kHostResolution);
  for (const auto& row : snapshot.resolutions)
    resolutions.add({{"service", row.service}, {"host", row.host}, {"kind", to_string(row.kind)}}, 1.0);

  ReferenceFamily syn_retransmits(catalog::kSynRetransmits);
  ReferenceFamily retransmits(catalog::kRetransmits);
  ReferenceFamily sent(catalog::kSentBytes);
  ReferenceFamily received(catalog::kReceivedBytes);
  ReferenceFamily open(catalog::kOpenConnections);
  ReferenceFamily last_success(catalog::kLastSuccess);
  ReferenceFamily last_failure(catalog::kLastFailure);
  for (const auto& row : snapshot.traffic) {
    const ReferenceFamily::Labels labels{{"service", row.service}, {"host", row.host}};
    syn_retransmits.add(labels, row.syn_retransmits);
    retransmits.add(labels, row.retransmits);
    sent.add(labels, row.sent_bytes);
    received.add(labels, row.received_bytes);
    open.add(labels, row.open_connections);
    if (row.last_success_ns > 0) last_success.add(labels, seconds(row.last_success_ns));
    if (row.last_failure_ns > 0) last_failure.add(labels, seconds(row.last_failure_ns));
  }

  ReferenceFamily unexpected(catalog::kUnexpected);
  for (const auto& row : snapshot.unexpected)
    unexpected.add({{"reason", to_string(row.reason)}, {"unit", row.unit}, {"process", row.process}}, row.count);

  ReferenceFamily names(catalog::kNames);
  for (std::size_t i = 0; i < kNameSourceNames.size(); ++i)
    names.add({{"source", kNameSourceNames[i]}}, snapshot.name_sources[i]);
  ReferenceFamily events(catalog::kEvents);
  for (std::size_t i = 0; i < account::kEventTypeNames.size(); ++i)
    events.add({{"type", account::kEventTypeNames[i]}}, snapshot.events[i]);
  ReferenceFamily overflow(catalog::kSeriesOverflow);
  overflow.add({{"metric", catalog::kConnectionAttempts.name}}, snapshot.overflow.connections);
  overflow.add({{"metric", catalog::kConnectionFailures.name}}, snapshot.overflow.failures);
  overflow.add({{"metric", catalog::kDnsAnswers.name}}, snapshot.overflow.dns_answers);
  overflow.add({{"metric", catalog::kDnsFailures.name}}, snapshot.overflow.dns_failures);
  overflow.add({{"metric", catalog::kUnexpected.name}}, snapshot.overflow.unexpected);

  std::vector<prometheus::MetricFamily> out;
  for (ReferenceFamily* family :
       {&attempts,     &established,  &failures,        &connect,     &first_byte, &dns,      &answers,
        &dns_failures, &resolutions,  &syn_retransmits, &retransmits, &sent,       &received, &open,
        &last_success, &last_failure, &unexpected,      &names,       &events,     &overflow})
    family->append_to(out);
  return out;
}

}  // namespace egresswatch::publish
