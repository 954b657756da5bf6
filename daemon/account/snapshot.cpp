// SPDX-License-Identifier: Apache-2.0
#include "account/snapshot.h"

#include "account/failure_code.h"
#include "account/ledger.h"

namespace egresswatch::account {

bool Ledger::has_row(const Series& series) const {
  return !series.spare || series.attempts > 0 || series.established > 0 || !series.failures.empty();
}

Snapshot Ledger::snapshot() const {
  Snapshot out;
  out.connections.reserve(series_.size());
  out.failures.reserve(series_.size());
  out.traffic.reserve(hosts_.size());
  out.dns_answers.reserve(hosts_.size());

  for (SeriesId id = 0; id < series_.size(); ++id) {
    const Series& series = series_[id];
    if (!has_row(series)) continue;
    const Host& host = hosts_[series.host];
    const std::string_view service = services_[host.service].name;
    out.connections.push_back({id, service, host.name, series.unit, series.attempts, series.established});
    for (const auto& [code, count] : series.failures)
      out.failures.push_back({id, service, host.name, series.unit, stage_of(code), cause_of(code), count});
  }

  for (HostIndex number = 0; number < hosts_.size(); ++number) {
    const Host& host = hosts_[number];
    const std::string_view service = services_[host.service].name;
    if (host.connected)
      out.traffic.push_back({number, service, host.name, host.traffic.sent_bytes, host.traffic.received_bytes,
                             host.traffic.retransmits, host.traffic.syn_retransmits, host.open, host.last_success_ns,
                             host.last_failure_ns});
    for (const auto& [code, count] : host.rcodes)
      out.dns_answers.push_back({number, service, host.name, rcode_name(code), count});
    for (const auto& [code, count] : host.dns_causes)
      out.dns_failures.push_back({number, service, host.name, static_cast<DnsCause>(code), count});
    if (host.resolution != Resolution::none) out.resolutions.push_back({number, service, host.name, host.resolution});
  }

  for (const auto& [reason, unit, process, count] : unexpected_.rows())
    out.unexpected.push_back({reason, unit, process, count});

  for (const Service& service : services_)
    out.durations.push_back(
        {service.name, &service.connect_ipv4, &service.connect_ipv6, &service.first_byte, &service.dns});

  out.name_sources = name_sources_;
  out.events = events_;
  out.overflow = {connection_overflow_, failure_budget_.overflow, dns_answer_budget_.overflow,
                  dns_failure_budget_.overflow, unexpected_.overflow()};
  return out;
}

}  // namespace egresswatch::account
