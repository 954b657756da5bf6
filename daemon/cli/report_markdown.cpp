// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <string>

#include "cli/report.h"
#include "publish/text.h"

namespace egresswatch::cli {
namespace {

constexpr std::size_t kShownRows = 200;
constexpr std::size_t kShownUnits = 4;
constexpr std::size_t kShownAddresses = 3;
constexpr std::string_view kNoName = "(no name)";

constexpr std::array<std::string_view, kUnexpectedNames.size()> kReasons{
    "expected",
    "No rule allows it",
    "No rule allows the address, and no name is known",
    "Allowed, but on other ports",
    "An endpoint of another national cloud",
    "The address is outside of the ranges that the service publishes"};

// A code span that can stand in a table: within it only these two mean something (GitHub Flavored Markdown, 4.10, 6.3).
std::string code(std::string_view text) {
  std::string plain;
  publish::append_plain(plain, text);
  std::string span = "`";
  for (const char c : plain) {
    if (c == '|')
      span += "\\|";
    else
      span += c == '`' ? '\'' : c;
  }
  return span + "`";
}

std::string counted(std::uint64_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string host_of(const ReportRow& row) {
  if (!row.sum.host.empty()) return code(row.sum.host);
  std::string text(kNoName);
  for (std::size_t i = 0; i < row.addresses.size() && i < kShownAddresses; ++i)
    text += (i == 0 ? " " : ", ") + code(row.addresses[i].to_string());
  if (row.addresses.size() > kShownAddresses)
    text += " and " + std::to_string(row.addresses.size() - kShownAddresses) + " more";
  return text;
}

std::string port_of(const Observation& sum) {
  return (sum.port == 0 ? std::string() : std::to_string(sum.port) + "/") + to_string(sum.protocol);
}

std::string units_of(const ReportRow& row) {
  std::string text;
  for (std::size_t i = 0; i < row.units.size() && i < kShownUnits; ++i)
    text += (i == 0 ? "" : ", ") + code(row.units[i]);
  if (row.units.size() > kShownUnits) text += " and " + std::to_string(row.units.size() - kShownUnits) + " more";
  return text;
}

std::string failure_of(const Observation& sum) {
  if (sum.failed == 0) return "-";
  return std::string(to_string(sum.last_stage)) + "/" + std::string(to_string(sum.last_cause));
}

void append_table(std::string& out, std::span<const ReportRow> rows) {
  out +=
      "| host | port | service | units | attempts | established | failed | last failure | first seen | last seen |\n"
      "|---|---|---|---|---:|---:|---:|---|---|---|\n";
  for (const ReportRow& row : rows.first(std::min(rows.size(), kShownRows))) {
    const Observation& sum = row.sum;
    out += "| " + (row.never_through() ? "**" + host_of(row) + "**" : host_of(row)) + " | " + port_of(sum) + " | " +
           code(sum.service) + " | " + units_of(row) + " | " + std::to_string(sum.attempts) + " | " +
           std::to_string(sum.established) + " | " + std::to_string(sum.failed) + " | " + failure_of(sum) + " | " +
           time_text(sum.first_seen_ns) + " | " + time_text(sum.last_seen_ns) + " |\n";
  }
  if (rows.size() > kShownRows)
    out += "\n" + std::to_string(rows.size() - kShownRows) + " more rows are left out; `-o csv` has them.\n";
}

void append_head(std::string& out, const Report& report) {
  out += "# Egress of " + code(report.machine) + "\n\n";
  if (report.rows.empty()) {
    out += "Nothing was seen";
    if (report.since_ns != 0) out += " since " + time_text(report.since_ns);
    out += " (it is " + time_text(report.made_ns) + ").\n";
    return;
  }
  out += "From " + time_text(report.since_ns) + " to " + time_text(report.made_ns) + " (UTC).\n\n";
  out += counted(report.rows.size(), "destination", "destinations") + ", " + counted(report.units, "unit", "units") +
         "; " + counted(report.attempts, "attempt", "attempts") + ", " + std::to_string(report.established) +
         " established, " + std::to_string(report.failed) + " failed.\n\n";

  const auto never = std::ranges::count_if(report.rows, &ReportRow::never_through);
  if (never == 0) out += "Whatever was tried by TCP got through at least once.\n";
  if (never > 0) out += "**Never got through:**\n\n";
  std::size_t shown = 0;
  for (const ReportRow& row : report.rows) {
    if (!row.never_through() || ++shown > kShownRows) continue;
    out += "- " + host_of(row) + " " + port_of(row.sum) + " (" + code(row.sum.service) +
           "): " + counted(row.sum.attempts, "attempt", "attempts") + ", last " + failure_of(row.sum) + " at " +
           time_text(row.sum.last_seen_ns) + ", for " + units_of(row) + "\n";
  }
  if (shown > kShownRows) out += "- and " + std::to_string(shown - kShownRows) + " more\n";
  if (!report.unexpected.empty())
    out += "\n**Unexpected:** " + counted(report.unexpected.size(), "destination", "destinations") +
           ", at the end of this report.\n";
}

}  // namespace

std::string render_markdown(const Report& report) {
  std::string out;
  append_head(out, report);
  if (report.rows.empty()) return out;
  std::span<const ReportRow> rest = report.rows;
  for (std::size_t i = 0; i < kSectionTitles.size(); ++i) {
    const auto section = static_cast<Section>(i);
    const auto end = std::ranges::find_if(rest, [&](const ReportRow& row) { return row.section != section; });
    const auto count = static_cast<std::size_t>(std::distance(rest.begin(), end));
    // that a function of the page is not used is worth knowing: its firewall rule is not needed
    if (count == 0 && section > Section::revocation) continue;
    out.append("\n## ").append(kSectionTitles[i]).append("\n\n");
    if (count == 0)
      out += "Not used.\n";
    else
      append_table(out, rest.first(count));
    rest = rest.subspan(count);
  }

  std::span<const ReportRow> unexpected = report.unexpected;
  if (!unexpected.empty()) out += "\n## Unexpected\n";
  while (!unexpected.empty()) {
    const Unexpected reason = unexpected.front().sum.unexpected;
    const auto end =
        std::ranges::find_if(unexpected, [&](const ReportRow& row) { return row.sum.unexpected != reason; });
    const auto count = static_cast<std::size_t>(std::distance(unexpected.begin(), end));
    out.append("\n### ").append(kReasons[static_cast<std::size_t>(reason)]);
    out.append(" (`").append(to_string(reason)).append("`)\n\n");
    append_table(out, unexpected.first(count));
    unexpected = unexpected.subspan(count);
  }
  return out;
}

}  // namespace egresswatch::cli
