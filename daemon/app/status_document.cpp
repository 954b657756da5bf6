// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <vector>

#include "app/control.h"
#include "app/version.h"
#include "publish/json_writer.h"

namespace egresswatch::app {
namespace {

// Bounds of the document; what is left out is counted in it.
constexpr std::size_t kMaxRows = 2000;
constexpr std::size_t kMaxUnits = 16;

constexpr std::string_view kOther = "other";

struct Row {
  std::uint64_t attempts = 0;
  std::uint64_t established = 0;
  std::uint64_t failed = 0;
  std::uint64_t dns_failures = 0;
  std::uint64_t pending = 0;
  std::uint64_t last_success_ns = 0;
  std::uint64_t last_failure_ns = 0;
  std::string_view last_stage;
  std::string_view last_cause;
  std::vector<std::string> units;
  std::size_t units_left_out = 0;
  std::array<publish::RecentDestination::Family, 2> families;

  [[nodiscard]] bool empty() const { return attempts + established + failed + dns_failures + pending == 0; }

  // Of many destinations in one row the last outcome says nothing of the others.
  [[nodiscard]] std::string_view verdict(bool several) const {
    if (pending > 0) return to_string(Verdict::pending);
    if (several) return "several";
    if (last_failure_ns > last_success_ns) return to_string(Verdict::failed);
    return last_success_ns > 0 ? to_string(Verdict::ok) : "unknown";
  }
  void add_unit(std::string_view unit) {
    if (unit.empty() || std::ranges::count(units, unit) > 0) return;
    if (units.size() < kMaxUnits)
      units.emplace_back(unit);
    else
      ++units_left_out;
  }
  void failure_at(std::uint64_t wall_ns, std::string_view stage, std::string_view cause) {
    // of the ledger's time and that of the report, which are the same, the second knows more
    if (wall_ns < last_failure_ns) return;
    last_failure_ns = wall_ns;
    last_stage = stage;
    last_cause = cause;
  }
};

// By the order of the services in the catalog, what is in none of them last.
class Rows {
 public:
  explicit Rows(const classify::Classifier& classifier) : classifier_(classifier) {}

  Row& at(std::string_view service, std::string_view host) {
    return rows_[{order(service), std::string(service), std::string(host)}];
  }
  // Where something of this destination was counted: the ledger calls a destination without a name after its service,
  // and folds what it has no room for.
  Row& counted_at(std::string_view service, std::string_view host) {
    for (const std::string_view name : {host, service, kOther})
      if (const auto row = rows_.find({order(service), std::string(service), std::string(name)}); row != rows_.end())
        return row->second;
    return at(service, host.empty() ? service : host);
  }
  [[nodiscard]] auto begin() const { return rows_.begin(); }
  [[nodiscard]] auto end() const { return rows_.end(); }

 private:
  [[nodiscard]] std::size_t order(std::string_view service) const {
    const auto services = classifier_.services();
    return service == kOther ? services.size()
                             : static_cast<std::size_t>(std::ranges::find(services, service) - services.begin());
  }

  const classify::Classifier& classifier_;
  std::map<std::tuple<std::size_t, std::string, std::string>, Row> rows_;
};

void add_counters(Rows& rows, const account::Snapshot& now) {
  for (const auto& connections : now.connections) {
    Row& row = rows.at(connections.service, connections.host);
    row.attempts += connections.attempts;
    row.established += connections.established;
    if (connections.attempts + connections.established == 0) continue;
    row.add_unit(connections.unit);
  }
  for (const auto& failures : now.failures) rows.at(failures.service, failures.host).failed += failures.count;
  for (const auto& failures : now.dns_failures) rows.at(failures.service, failures.host).dns_failures += failures.count;
  for (const auto& traffic : now.traffic) {
    Row& row = rows.at(traffic.service, traffic.host);
    row.last_success_ns = traffic.last_success_ns;
    row.last_failure_ns = traffic.last_failure_ns;
  }
}

void add_families(Row& row, const publish::RecentDestination& destination) {
  for (const bool ipv6 : {false, true}) {
    const auto& seen = destination.family(ipv6);
    auto& sum = row.families[ipv6 ? 1 : 0];
    sum.established += seen.established;
    sum.failed += seen.failed;
    sum.last_success_ns = std::max(sum.last_success_ns, seen.last_success_ns);
    if (seen.last_failure_ns < sum.last_failure_ns || seen.failed == 0) continue;
    sum.last_failure_ns = seen.last_failure_ns;
    sum.last_stage = seen.last_stage;
    sum.last_cause = seen.last_cause;
  }
}

void add_recent(Rows& rows, publish::RecentOutcomes& recent) {
  recent.for_each_destination([&](std::string_view name, const publish::RecentDestination& destination) {
    Row& row = rows.counted_at(destination.service(), name);
    add_families(row, destination);
    if (destination.failure_count() == 0) return;
    const ConnectionReport& last = destination.failure(0);
    row.failure_at(last.wall_time_ns, to_string(last.stage), to_string(last.cause));
  });
  recent.for_each_answer([&](const DnsReport& answer) {
    // a connection may well come of an answer with an address
    if (answer.cause == DnsCause::none || answer.cause == DnsCause::public_answer_despite_private_link) return;
    Row& row = rows.counted_at(answer.service, answer.question);
    row.failure_at(answer.wall_time_ns, "dns", to_string(answer.cause));
    // who asked is affected, though no connection could follow
    if (row.units.size() < kMaxUnits) row.add_unit(answer.unit);
  });
}

void write_family(publish::JsonWriter& json, std::string_view name, const publish::RecentDestination::Family& family) {
  if (family.established + family.failed == 0) return;
  json.begin_object(name);
  json.number("established", family.established);
  json.number("failed", family.failed);
  if (family.failed > 0) {
    json.text("last_stage", to_string(family.last_stage));
    json.text("last_cause", to_string(family.last_cause));
  }
  json.time("last_failure", family.last_failure_ns);
  json.time("last_success", family.last_success_ns);
  json.end_object();
}

void write_row(publish::JsonWriter& json, std::string_view service, std::string_view host, const Row& row) {
  json.begin_object();
  json.text("service", service);
  json.text("host", host);
  json.text("verdict", row.verdict(host == kOther));
  json.number("attempts", row.attempts);
  json.number("established", row.established);
  json.number("failed", row.failed);
  json.number("dns_failures", row.dns_failures);
  json.number("pending", row.pending);
  json.text_unless_empty("last_stage", row.last_stage);
  json.text_unless_empty("last_cause", row.last_cause);
  json.time("last_failure", row.last_failure_ns);
  json.time("last_success", row.last_success_ns);
  json.begin_list("units");
  for (const std::string& unit : row.units) json.text({}, unit);
  json.end_list();
  json.number_unless_zero("units_left_out", row.units_left_out);
  json.begin_object("families");
  write_family(json, "ipv4", row.families[0]);
  write_family(json, "ipv6", row.families[1]);
  json.end_object();
  json.end_object();
}

}  // namespace

std::string status_document(const ControlSources& sources) {
  Rows rows(sources.classifier());
  add_counters(rows, sources.ledger());
  add_recent(rows, *sources.recent);
  sources.pending([&](const ConnectionReport& report) { ++rows.counted_at(report.service, report.host).pending; });

  std::string out;
  publish::JsonWriter json(out);
  const ControlSources::State state = sources.state();
  json.begin_object();
  json.number("version", kControlVersion);
  json.begin_object("daemon");
  json.text("version", kVersion);
  json.time("since", state.since_ns);
  json.time("now", sources.wall_ns());
  json.flag("data_complete", state.data_complete);
  json.flag("ready", state.data_complete);
  json.end_object();
  json.begin_list("rows");
  std::size_t count = 0;
  for (const auto& [key, row] : rows) {
    if (row.empty() || ++count > kMaxRows) continue;
    write_row(json, std::get<1>(key), std::get<2>(key), row);
  }
  json.end_list();
  if (count > kMaxRows) json.number("rows_left_out", count - kMaxRows);
  json.end_object();
  return out;
}

}  // namespace egresswatch::app
