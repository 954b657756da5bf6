// SPDX-License-Identifier: Apache-2.0
#include "cli/report.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "publish/text.h"

namespace egresswatch::cli {
namespace {

constexpr std::string_view kOther = kServiceNames[kOtherService];

Section section_of(const Observation& seen) {
  switch (seen.function) {
    case Function::authentication:
      return Section::authentication;
    case Function::management:
      return Section::management;
    case Function::graph:
      return Section::graph;
    case Function::vault_operations:
      return Section::vault_operations;
    case Function::revocation:
      return Section::revocation;
    case Function::platform:
      return Section::platform;
    case Function::none:
      break;
  }
  return seen.service == kOther ? Section::other : Section::own;
}

using Addresses = std::map<std::pair<std::string_view, std::string_view>, std::vector<IpAddress>>;

int urgency(const ReportRow& row) {
  if (row.never_through()) return 0;
  return row.sum.failed > 0 ? 1 : 2;
}

// The most urgent first, then the most used.
bool before(const ReportRow& a, const ReportRow& b) {
  const auto key = [](const ReportRow& row) {
    return std::tuple(row.section, urgency(row), UINT64_MAX - row.sum.attempts, std::string_view(row.sum.service),
                      std::string_view(row.sum.host), row.sum.port, row.sum.protocol, row.sum.unexpected);
  };
  return key(a) < key(b);
}

void add(ReportRow& row, const Observation& seen) {
  Observation& sum = row.sum;
  sum.attempts += seen.attempts;
  sum.established += seen.established;
  sum.failed += seen.failed;
  if (sum.first_seen_ns == 0 || seen.first_seen_ns < sum.first_seen_ns) sum.first_seen_ns = seen.first_seen_ns;
  sum.last_seen_ns = std::max(sum.last_seen_ns, seen.last_seen_ns);
  if (!std::ranges::binary_search(row.units, seen.unit))
    row.units.insert(std::ranges::upper_bound(row.units, seen.unit), seen.unit);
}

std::vector<ReportRow> divide(std::span<const Observation> observations, const Addresses& addresses, bool by_reason) {
  using Key = std::tuple<std::string_view, std::string_view, Protocol, std::uint16_t, Unexpected, Section>;
  std::map<Key, std::pair<ReportRow, std::uint64_t>> rows;
  for (const Observation& seen : observations) {
    const Unexpected reason = by_reason ? seen.unexpected : Unexpected::none;
    const Section section = section_of(seen);
    const auto [place, inserted] =
        rows.try_emplace({seen.service, seen.host, seen.protocol, seen.port, reason, section});
    auto& [row, last_failure_seen_ns] = place->second;
    if (inserted) {
      row.section = section;
      row.sum.service = seen.service;
      row.sum.function = seen.function;
      row.sum.host = seen.host;
      row.sum.protocol = seen.protocol;
      row.sum.port = seen.port;
      row.sum.unexpected = reason;
      if (const auto known = addresses.find({seen.service, seen.host}); known != addresses.end())
        row.addresses = known->second;
    }
    if (seen.failed > 0 && seen.last_seen_ns >= last_failure_seen_ns) {
      last_failure_seen_ns = seen.last_seen_ns;
      row.sum.last_stage = seen.last_stage;
      row.sum.last_cause = seen.last_cause;
    }
    add(row, seen);
  }
  std::vector<ReportRow> result;
  result.reserve(rows.size());
  for (auto& [key, row] : rows) result.push_back(std::move(row.first));
  std::ranges::sort(result, before);
  return result;
}

}  // namespace

Report make_report(const ReportHead& head, std::span<const Observation> observations,
                   std::span<const ObservedAddress> addresses) {
  Report report;
  report.machine = head.machine;
  report.made_ns = head.made_ns;
  report.since_ns = head.since_ns;
  std::set<std::string_view> units;
  for (const Observation& seen : observations) {
    report.attempts += seen.attempts;
    report.established += seen.established;
    report.failed += seen.failed;
    units.insert(seen.unit);
  }
  report.units = units.size();

  Addresses known;
  for (const ObservedAddress& seen : addresses) known[{seen.service, seen.host}].push_back(seen.address);
  report.rows = divide(observations, known, false);
  report.by_reason = divide(observations, known, true);
  std::ranges::copy_if(report.by_reason, std::back_inserter(report.unexpected),
                       [](const ReportRow& row) { return row.sum.unexpected != Unexpected::none; });
  std::ranges::stable_sort(report.unexpected, {}, [](const ReportRow& row) { return row.sum.unexpected; });
  return report;
}

std::string time_text(std::uint64_t wall_ns) {
  std::string text;
  publish::append_timestamp(text, wall_ns);
  // whole seconds are enough, and read better
  text.resize(std::min(text.find('.'), text.size()));
  if (!text.ends_with('Z')) text += 'Z';
  return text;
}

}  // namespace egresswatch::cli
