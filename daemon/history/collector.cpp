// SPDX-License-Identifier: Apache-2.0
#include "history/collector.h"

#include <algorithm>

#include "base/keyed_hash.h"
#include "base/utf8.h"

namespace egresswatch::history {
namespace {

constexpr std::string_view kOther = kServiceNames[kOtherService];

// Whoever reports need not say what a built-in service is for.
Function function_of(Function reported, std::string_view service) {
  if (reported != Function::none) return reported;
  const auto* const name = std::ranges::find(kServiceNames, service);
  if (name == kServiceNames.end()) return Function::none;
  return default_function(static_cast<BuiltinService>(name - kServiceNames.begin()));
}

void append_bytes(std::string& out, std::uint64_t value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

void Collector::note(const ConnectionReport& report) {
  if (report.verdict == Verdict::pending) return;
  const bool ended = report.verdict == Verdict::failed || report.verdict == Verdict::cancelled;
  // one that was established was told then, and is no new attempt now that it ends
  const bool told_before = report.connect_latency_ns != 0 || report.stage > Stage::connect;
  Outcome outcome{.time_ns = report.wall_time_ns, .function = report.function};
  outcome.established = report.verdict == Verdict::ok;
  outcome.attempted = outcome.established || (ended && !told_before);
  outcome.failed = report.verdict == Verdict::failed;
  outcome.stage = report.stage;
  outcome.cause = report.cause;
  note(report, Protocol::tcp, outcome);
}

void Collector::note(const FlowReport& report) {
  note(report, report.protocol, {.time_ns = report.wall_time_ns, .function = report.function, .attempted = true});
}

template <typename Report>
void Collector::note(const Report& report, Protocol protocol, const Outcome& outcome) {
  Key key{.hour = outcome.time_ns / kHourNs,
          .service = utf8::clean(report.service, kMaxText, service_),
          .host = utf8::clean(report.host, kMaxText, host_),
          .unit = utf8::clean(report.unit, kMaxText, unit_),
          .protocol = protocol,
          .port = report.remote.port,
          .unexpected = report.unexpected};
  UseRow* row = find_or_add(key);
  if (!row) {
    ++refused_;
    return;
  }
  Observation& sum = row->sum;
  sum.function = function_of(outcome.function, key.service);
  sum.attempts += outcome.attempted ? 1 : 0;
  sum.established += outcome.established ? 1 : 0;
  // an outcome may be told a moment after a later one
  sum.first_seen_ns = std::min(sum.first_seen_ns, outcome.time_ns);
  sum.last_seen_ns = std::max(sum.last_seen_ns, outcome.time_ns);
  if (outcome.failed) {
    ++sum.failed;
    if (outcome.time_ns >= row->last_failure_ns) {
      row->last_failure_ns = outcome.time_ns;
      sum.last_stage = outcome.stage;
      sum.last_cause = outcome.cause;
    }
  }
  note_address(key, report.remote.address, outcome.time_ns);
}

std::uint64_t Collector::hash(const Key& key) {
  // lengths in front, so that no two keys have the same bytes
  scratch_.clear();
  append_bytes(scratch_, key.hour);
  append_bytes(scratch_, key.service.size() | key.host.size() << 16 | std::uint64_t{key.port} << 32 |
                             std::uint64_t{static_cast<std::uint8_t>(key.protocol)} << 48 |
                             std::uint64_t{static_cast<std::uint8_t>(key.unexpected)} << 56);
  scratch_.append(key.service).append(key.host).append(key.unit);
  return keyed_hash(scratch_);
}

UseRow* Collector::find(const Key& key, std::uint64_t hash) {
  return batch_.uses.find(hash, [&](const UseRow& row) {
    const Observation& sum = row.sum;
    return row.hour == key.hour && sum.port == key.port && sum.protocol == key.protocol &&
           sum.unexpected == key.unexpected && sum.host == key.host && sum.unit == key.unit &&
           sum.service == key.service;
  });
}

UseRow* Collector::find_or_add(Key& key) {
  std::uint64_t place = hash(key);
  // what has a row was let in before
  if (UseRow* known = find(key, place)) return known;
  fold(key);
  place = hash(key);
  if (UseRow* known = find(key, place)) return known;
  UseRow* row = batch_.uses.add(place);
  if (!row) return nullptr;
  row->hour = key.hour;
  row->last_failure_ns = 0;
  Observation& sum = row->sum;
  sum.service = key.service;
  sum.host = key.host;
  sum.unit = key.unit;
  sum.protocol = key.protocol;
  sum.port = key.port;
  sum.unexpected = key.unexpected;
  sum.attempts = sum.established = sum.failed = 0;
  sum.last_stage = Stage::none;
  sum.last_cause = Cause::none;
  sum.first_seen_ns = UINT64_MAX;
  sum.last_seen_ns = 0;
  return row;
}

// What is beyond the share of its unit loses its unit's name, its host, or its port as well.
void Collector::fold(Key& key) {
  const std::uint64_t unit = keyed_hash(key.unit);
  if (!units_.admit(key.hour, 0, unit)) key.unit = kOther;
  Key destination = key;
  destination.hour = 0;
  destination.unit = {};
  destination.unexpected = Unexpected::none;
  Budget& budget = key.service == kOther ? other_ : known_;
  if (budget.admit(key.hour, unit, hash(destination))) return;
  key.host = destination.host = {};
  if (!ports_.admit(key.hour, unit, hash(destination))) key.port = 0;
}

void Collector::note_address(const Key& key, const IpAddress& address, std::uint64_t time_ns) {
  const std::uint64_t day = time_ns / kDayNs;
  scratch_.clear();
  append_bytes(scratch_, day);
  append_bytes(scratch_, key.service.size());
  scratch_.append(key.service).append(key.host);
  const std::uint64_t place = keyed_hash(scratch_);
  AddressRow* row = batch_.addresses.find(place, [&](const AddressRow& other) {
    return other.day == day && other.host == key.host && other.service == key.service;
  });
  if (!row) {
    row = batch_.addresses.add(place);
    if (!row) {
      ++refused_;
      return;
    }
    row->day = day;
    row->service = key.service;
    row->host = key.host;
    row->seen.clear();
  }
  const auto known = std::ranges::find(row->seen, address, &AddressRow::Seen::address);
  if (known != row->seen.end()) {
    known->last_seen_ns = std::max(known->last_seen_ns, time_ns);
  } else if (row->seen.size() < kMaxAddressesPerHost) {
    row->seen.push_back({address, time_ns});
  } else {
    *std::ranges::min_element(row->seen, {}, &AddressRow::Seen::last_seen_ns) = {address, time_ns};
  }
}

}  // namespace egresswatch::history
