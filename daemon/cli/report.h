// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "egresswatch/model/observation.h"

// What this host used, and for which function of the page "Access Azure Key Vault behind a firewall": pure functions
// from observations to a report, and from a report to text.
namespace egresswatch::cli {

// In the order of the page; then what it does not speak of.
enum class Section : std::uint8_t {
  authentication,
  management,
  graph,
  vault_operations,
  revocation,
  platform,
  own,  // services that the configuration defines
  other,
};
inline constexpr std::array<std::string_view, 8> kSectionNames{
    "authentication", "management", "graph", "vault_operations", "revocation", "platform", "own", "other"};
inline constexpr std::array<std::string_view, 8> kSectionTitles{"Authentication",
                                                                "Key Vault management (Resource Manager)",
                                                                "Microsoft Graph",
                                                                "Key Vault operations",
                                                                "Certificate revocation",
                                                                "Platform",
                                                                "Services of the configuration",
                                                                "Other destinations"};
static_assert(kSectionNames.size() == static_cast<std::size_t>(Section::other) + 1);
static_assert(kSectionTitles.size() == kSectionNames.size());

// One destination, for all units that used it.
struct ReportRow {
  Section section = Section::other;
  Observation sum;                 // without a unit; last_stage and last_cause are those of the unit that was seen last
  std::vector<std::string> units;  // sorted
  std::vector<IpAddress> addresses;  // of the service and host, the newest first

  // TCP was tried and never established.
  [[nodiscard]] bool never_through() const {
    return sum.protocol == Protocol::tcp && sum.established == 0 && sum.failed > 0;
  }
};

struct Report {
  std::string machine;         // name of this host
  std::uint64_t made_ns = 0;   // CLOCK_REALTIME, as are the others
  std::uint64_t since_ns = 0;  // from when on things are counted; 0 = nothing was ever seen
  std::uint64_t attempts = 0;
  std::uint64_t established = 0;
  std::uint64_t failed = 0;
  std::size_t units = 0;
  // By section; in it first what never got through, then what failed at times, then the rest; each by attempts.
  std::vector<ReportRow> rows;
  // What was not expected, by reason, then as above. Their rows are those of `rows` divided by reason.
  std::vector<ReportRow> unexpected;
  // `rows` divided by reason, those that were expected as well, in the order of `rows`.
  std::vector<ReportRow> by_reason;
};

struct ReportHead {
  std::string machine;
  std::uint64_t made_ns = 0;
  std::uint64_t since_ns = 0;
};

Report make_report(const ReportHead& head, std::span<const Observation> observations,
                   std::span<const ObservedAddress> addresses);

// For people: a short head that says what never got through, then a table for each section. Names of others stand in
// code spans, in ASCII, so that none of them is markup. Of a section at most 200 rows.
std::string render_markdown(const Report& report);
// docs/commands.md has the fields.
std::string render_json(const Report& report);
// RFC 4180, one line for each destination and reason. A text that a spreadsheet would take for a formula has an
// apostrophe in front.
std::string render_csv(const Report& report);

// 2026-09-14T14:03:07Z
std::string time_text(std::uint64_t wall_ns);

}  // namespace egresswatch::cli
