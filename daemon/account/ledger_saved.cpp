// SPDX-License-Identifier: Apache-2.0
// The counters of one process go on in the next one.
#include <algorithm>
#include <iterator>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "account/ledger.h"
#include "base/archive.h"

namespace egresswatch::account {
namespace {

void put(ArchiveWriter& archive, const CodeCounts& counts) {
  archive.put(static_cast<std::uint64_t>(std::distance(counts.begin(), counts.end())));
  for (const auto& [code, count] : counts) {
    archive.put(code);
    archive.put(count);
  }
}

void get(ArchiveReader& archive, CodeCounts& counts) {
  counts = {};
  for (std::uint64_t left = archive.get_count(); left > 0 && archive.good(); --left) {
    const auto code = archive.get<std::uint16_t>();
    counts.at(code) = archive.get<std::uint64_t>();
  }
}

void put(ArchiveWriter& archive, const Histogram& histogram) {
  archive.put(static_cast<std::uint64_t>(histogram.counts().size()));
  for (const std::uint64_t count : histogram.counts()) archive.put(count);
  archive.put(histogram.sum_ns());
}

void get(ArchiveReader& archive, Histogram& histogram) {
  std::vector<std::uint64_t> counts(archive.get_count());
  for (std::uint64_t& count : counts) archive.get(count);
  const auto sum_ns = archive.get<std::uint64_t>();
  if (!histogram.restore(counts, sum_ns)) archive.fail();
}

// What was taken of a budget is taken of the one that the configuration gives now.
std::size_t left_of(std::size_t now, std::uint64_t taken) { return now > taken ? now - taken : 0; }

void put(ArchiveWriter& archive, const Budget& budget, std::size_t whole) {
  archive.put(std::uint64_t{whole - std::min(budget.left, whole)});
  archive.put(budget.overflow);
}

void get(ArchiveReader& archive, Budget& budget, std::size_t whole) {
  budget.left = left_of(whole, archive.get<std::uint64_t>());
  archive.get(budget.overflow);
}

}  // namespace

bool Histogram::restore(std::span<const std::uint64_t> counts, std::uint64_t sum_ns) {
  if (counts.size() != counts_.size()) return false;
  std::ranges::copy(counts, counts_.begin());
  count_ = 0;
  for (const std::uint64_t count : counts) count_ += count;
  sum_ns_ = sum_ns;
  return true;
}

void UnexpectedCounts::save(ArchiveWriter& archive, std::size_t budget) const {
  put(archive, budget_, budget);
  archive.put(std::uint64_t{rows_.size()});
  for (const Row& row : rows_) {
    archive.put(row.reason);
    archive.put_text(row.unit);
    archive.put_text(row.process);
    archive.put(row.count);
  }
}

void UnexpectedCounts::restore(ArchiveReader& archive, std::size_t budget) {
  Budget saved;
  get(archive, saved, budget);
  // so that each row finds its place
  budget_.left = std::numeric_limits<std::size_t>::max();
  for (std::uint64_t left = archive.get_count(); left > 0 && archive.good(); --left) {
    const auto reason = archive.get<Unexpected>();
    const std::string unit(archive.get_text());
    const std::string process(archive.get_text());
    const auto count = archive.get<std::uint64_t>();
    if (reason == Unexpected::none || static_cast<std::size_t>(reason) >= kUnexpectedNames.size())
      return archive.fail();
    rows_[row_of(reason, unit, process)].count = count;
  }
  budget_ = saved;
}

void Ledger::save(ArchiveWriter& archive) const {
  archive.put(std::uint64_t{services_.size()});
  for (const Service& service : services_) {
    archive.put_text(service.name);
    archive.put(service.other_host);
    archive.put(service.other_series);
    archive.put(std::uint64_t{limits_.hosts_per_service - std::min(service.hosts_left, limits_.hosts_per_service)});
    for (const Histogram* histogram : {&service.connect_ipv4, &service.connect_ipv6, &service.first_byte, &service.dns})
      put(archive, *histogram);
  }
  archive.put(std::uint64_t{hosts_.size()});
  for (const Host& host : hosts_) {
    archive.put(host.service);
    archive.put_text(host.name);
    archive.put(static_cast<std::uint8_t>(host.reserved));
    archive.put(static_cast<std::uint8_t>(host.connected));
    archive.put(host.other_series);
    for (const std::uint64_t value :
         {host.traffic.sent_bytes, host.traffic.received_bytes, host.traffic.retransmits, host.traffic.syn_retransmits,
          host.open, host.last_success_ns, host.last_failure_ns})
      archive.put(value);
    archive.put(host.resolution);
    put(archive, host.rcodes);
    put(archive, host.dns_causes);
  }
  archive.put(std::uint64_t{series_.size()});
  for (const Series& series : series_) {
    archive.put(series.host);
    archive.put_text(series.unit);
    archive.put(static_cast<std::uint8_t>(series.spare));
    archive.put(series.attempts);
    archive.put(series.established);
    put(archive, series.failures);
  }
  archive.put(std::uint64_t{limits_.series_per_metric - std::min(hosts_left_, limits_.series_per_metric)});
  archive.put(std::uint64_t{limits_.series_per_metric - std::min(series_left_, limits_.series_per_metric)});
  archive.put(connection_overflow_);
  for (const Budget* budget : {&failure_budget_, &dns_answer_budget_, &dns_failure_budget_})
    put(archive, *budget, limits_.series_per_metric);
  archive.put(name_sources_);
  archive.put(events_);
  unexpected_.save(archive, limits_.series_per_metric);
}

bool Ledger::restore(ArchiveReader& archive) {
  Ledger saved(limits_);
  if (!saved.read(archive)) return false;
  *this = std::move(saved);
  return true;
}

// Numbers mean the same as before: that of a series, which a connection has, stays right.
bool Ledger::read(ArchiveReader& archive) {
  services_.clear();
  hosts_.clear();
  series_.clear();
  service_names_ = host_names_ = unit_names_ = {};
  for (std::uint64_t left = archive.get_count(); left > 0 && archive.good(); --left) {
    Service& service = services_.emplace_back();
    service.name = archive.get_text();
    archive.get(service.other_host);
    archive.get(service.other_series);
    service.hosts_left = left_of(limits_.hosts_per_service, archive.get<std::uint64_t>());
    for (Histogram* histogram : {&service.connect_ipv4, &service.connect_ipv6, &service.first_byte, &service.dns})
      get(archive, *histogram);
    service_names_.add(0, service.name, static_cast<ServiceIndex>(services_.size() - 1));
  }
  for (std::uint64_t left = archive.get_count(); left > 0 && archive.good(); --left) {
    const auto service = archive.get<ServiceIndex>();
    if (service >= services_.size()) return false;
    Host& host = hosts_[make_host(service, archive.get_text())];
    host.reserved = archive.get<std::uint8_t>() != 0;
    host.connected = archive.get<std::uint8_t>() != 0;
    archive.get(host.other_series);
    for (std::uint64_t* value :
         {&host.traffic.sent_bytes, &host.traffic.received_bytes, &host.traffic.retransmits,
          &host.traffic.syn_retransmits, &host.open, &host.last_success_ns, &host.last_failure_ns})
      archive.get(*value);
    archive.get(host.resolution);
    get(archive, host.rcodes);
    get(archive, host.dns_causes);
  }
  for (std::uint64_t left = archive.get_count(); left > 0 && archive.good(); --left) {
    const auto host = archive.get<HostIndex>();
    if (host >= hosts_.size()) return false;
    Series& series = series_[make_series(host, archive.get_text())];
    series.spare = archive.get<std::uint8_t>() != 0;
    archive.get(series.attempts);
    archive.get(series.established);
    get(archive, series.failures);
  }
  hosts_left_ = left_of(limits_.series_per_metric, archive.get<std::uint64_t>());
  series_left_ = left_of(limits_.series_per_metric, archive.get<std::uint64_t>());
  archive.get(connection_overflow_);
  for (Budget* budget : {&failure_budget_, &dns_answer_budget_, &dns_failure_budget_})
    get(archive, *budget, limits_.series_per_metric);
  archive.get(name_sources_);
  archive.get(events_);
  unexpected_.restore(archive, limits_.series_per_metric);
  return archive.good() && numbers_are_right();
}

bool Ledger::numbers_are_right() const {
  const auto is_series = [this](SeriesId id) { return id < series_.size(); };
  return !services_.empty() && services_.front().name == kOther &&
         std::ranges::all_of(services_,
                             [&](const Service& service) {
                               return service.other_host < hosts_.size() && is_series(service.other_series);
                             }) &&
         std::ranges::all_of(hosts_, [&](const Host& host) {
           return is_series(host.other_series) && static_cast<std::size_t>(host.resolution) < kResolutionNames.size();
         });
}

void Ledger::forget_open() {
  for (Host& host : hosts_) host.open = 0;
}

}  // namespace egresswatch::account
