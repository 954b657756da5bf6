// SPDX-License-Identifier: Apache-2.0
#include "account/ledger.h"

#include "account/failure_code.h"
#include "base/utf8.h"
#include "egresswatch/model/ip_address.h"

namespace egresswatch::account {
namespace {

constexpr std::uint32_t kOtherService = 0;

}  // namespace

Ledger::Ledger(LedgerLimits limits)
    : limits_(limits),
      hosts_left_(limits.series_per_metric),
      series_left_(limits.series_per_metric),
      failure_budget_{limits.series_per_metric},
      dns_answer_budget_{limits.series_per_metric},
      dns_failure_budget_{limits.series_per_metric},
      unexpected_(limits.series_per_metric, kOther) {
  add_service(kOther);
}

void Ledger::add_service(std::string_view service) {
  std::string scratch;
  service = utf8::clean(service, kMaxNameBytes, scratch);
  if (service.empty() || service_names_.find(0, service)) return;
  const auto index = static_cast<ServiceIndex>(services_.size());
  services_.emplace_back().name = service;
  service_names_.add(0, service, index);
  services_[index].hosts_left = limits_.hosts_per_service;
  services_[index].other_host = make_host(index, kOther);
  services_[index].other_series = make_series(services_[index].other_host, kOther);

  // One series of each metric at zero, the commonest, so that a rate over the service sees its first increment.
  Host& host = hosts_[services_[index].other_host];
  host.connected = true;
  host.rcodes.at(0);
  host.dns_causes.at(static_cast<std::uint16_t>(DnsCause::nxdomain));
  series_[services_[index].other_series].failures.at(failure_code(Stage::connect, Cause::no_reply));
}

void Ledger::reserve_host(std::string_view service, std::string_view host) {
  add_service(service);
  const ServiceIndex index = service_index(service);
  host = utf8::clean(host, kMaxNameBytes, host_scratch_);
  if (index == kOtherService || host.empty()) return;
  const auto known = host_names_.find(index, host);
  const HostIndex reserved = known ? *known : make_host(index, host);
  if (hosts_[reserved].reserved || reserved == services_[index].other_host) return;
  hosts_[reserved].reserved = true;
  if (const auto series = unit_names_.find(reserved, kOther)) {
    hosts_[reserved].other_series = *series;
    return;
  }
  const SeriesId spare = make_series(reserved, kOther);
  series_[spare].spare = true;
  hosts_[reserved].other_series = spare;
}

SeriesId Ledger::connection_series(std::string_view service, std::string_view host, std::string_view unit) {
  bool folded = false;
  const HostIndex index = host_index(service_index(service), host, folded);
  const SeriesId id = unit_series(index, unit, folded);
  host_of(id).connected = true;
  if (folded) ++connection_overflow_;
  return id;
}

void Ledger::established(SeriesId id, bool ipv6, std::uint64_t latency_ns) {
  ++series_[id].established;
  Service& service = service_of(id);
  if (latency_ns != 0) (ipv6 ? service.connect_ipv6 : service.connect_ipv4).observe(latency_ns);
}

void Ledger::failed(SeriesId id, Stage stage, Cause cause, std::uint64_t wall_ns) {
  CodeCounts& overflow = series_[service_of(id).other_series].failures;
  count_bounded(series_[id].failures, overflow, failure_code(stage, cause), failure_budget_);
  host_of(id).last_failure_ns = wall_ns;
}

void Ledger::first_byte(SeriesId id, std::uint64_t duration_ns) { service_of(id).first_byte.observe(duration_ns); }

void Ledger::closed(SeriesId id) {
  Host& host = host_of(id);
  if (host.open > 0) --host.open;
}

void Ledger::traffic(SeriesId id, const Traffic& more) {
  Traffic& sum = host_of(id).traffic;
  sum.sent_bytes += more.sent_bytes;
  sum.received_bytes += more.received_bytes;
  sum.retransmits += more.retransmits;
  sum.syn_retransmits += more.syn_retransmits;
}

void Ledger::dns_answer(std::string_view service, std::string_view host, std::uint16_t rcode,
                        std::uint64_t duration_ns) {
  bool folded = false;
  const ServiceIndex index = service_index(service);
  CodeCounts& own = hosts_[host_index(index, host, folded)].rcodes;
  CodeCounts& overflow = hosts_[services_[index].other_host].rcodes;
  count_bounded(own, overflow, rcode_code(rcode), dns_answer_budget_);
  if (folded) ++dns_answer_budget_.overflow;
  services_[index].dns.observe(duration_ns);
}

void Ledger::dns_failure(std::string_view service, std::string_view host, DnsCause cause) {
  bool folded = false;
  const ServiceIndex index = service_index(service);
  CodeCounts& own = hosts_[host_index(index, host, folded)].dns_causes;
  CodeCounts& overflow = hosts_[services_[index].other_host].dns_causes;
  count_bounded(own, overflow, static_cast<std::uint16_t>(cause), dns_failure_budget_);
  if (folded) ++dns_failure_budget_.overflow;
}

void Ledger::resolution(std::string_view service, std::string_view host, Resolution kind) {
  const ServiceIndex index = service_index(service);
  const auto known = host_names_.find(index, utf8::clean(host, kMaxNameBytes, host_scratch_));
  // of "other" names each would speak for all
  if (known && index != kOtherService && *known != services_[index].other_host) hosts_[*known].resolution = kind;
}

void Ledger::unexpected(Unexpected reason, std::string_view unit, std::string_view process, std::uint64_t times) {
  unexpected_.count(reason, utf8::clean(unit.empty() ? kUnknownUnit : unit, kMaxNameBytes, unit_scratch_),
                    utf8::clean(process.empty() ? kUnknownUnit : process, kMaxNameBytes, host_scratch_), times);
}

Ledger::ServiceIndex Ledger::service_index(std::string_view service) const {
  return service_names_.find(0, service).value_or(kOtherService);
}

Ledger::HostIndex Ledger::host_index(ServiceIndex service, std::string_view host, bool& folded) {
  Service& owner = services_[service];
  if (service == kOtherService || host.empty()) return owner.other_host;
  host = utf8::clean(host, kMaxNameBytes, host_scratch_);
  if (const auto known = host_names_.find(service, host)) return *known;
  if (IpAddress::parse(host)) return owner.other_host;
  if (owner.hosts_left == 0 || hosts_left_ == 0) {
    folded = true;
    return owner.other_host;
  }
  --owner.hosts_left;
  --hosts_left_;
  return make_host(service, host);
}

SeriesId Ledger::unit_series(HostIndex host, std::string_view unit, bool& folded) {
  unit = utf8::clean(unit.empty() ? kUnknownUnit : unit, kMaxNameBytes, unit_scratch_);
  if (const auto known = unit_names_.find(host, unit)) return *known;
  if (series_left_ > 0) {
    --series_left_;
    return make_series(host, unit);
  }
  folded = true;
  return hosts_[host].reserved ? hosts_[host].other_series : services_[hosts_[host].service].other_series;
}

Ledger::HostIndex Ledger::make_host(ServiceIndex service, std::string_view host) {
  const auto id = static_cast<HostIndex>(hosts_.size());
  Host& made = hosts_.emplace_back();
  made.service = service;
  made.name = host;
  host_names_.add(service, host, id);
  return id;
}

SeriesId Ledger::make_series(HostIndex host, std::string_view unit) {
  const auto id = static_cast<SeriesId>(series_.size());
  Series& made = series_.emplace_back();
  made.host = host;
  made.unit = unit;
  unit_names_.add(host, unit, id);
  return id;
}

}  // namespace egresswatch::account
