// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "cli/render.h"
#include "cli/values.h"

namespace egresswatch::cli {
namespace {

using boost::json::object;

constexpr std::size_t kColumns = 10;
constexpr std::array<std::string_view, kColumns> kTitles{"SERVICE",    "HOST",    "ATTEMPTS", "ESTABLISHED",  "FAILED",
                                                         "DNS FAILED", "PENDING", "VERDICT",  "LAST FAILURE", "UNITS"};
constexpr std::size_t kFirstNumber = 2;
constexpr std::size_t kLastNumber = 6;
constexpr std::size_t kVerdict = 7;
constexpr std::size_t kShownUnits = 3;

struct Line {
  std::array<std::string, kColumns> cells;
  std::string_view verdict;
};

std::string last_failure(const object& row, std::string_view now) {
  std::string cell;
  if (text(row, "last_failure").empty()) return "-";
  if (!text(row, "last_cause").empty()) {
    append_member(cell, row, "last_stage");
    cell += '/';
    append_member(cell, row, "last_cause");
    cell += ", ";
  }
  append_ago(cell, text(row, "last_failure"), now);
  return cell;
}

std::string units(const object& row) {
  const auto& all = list(row, "units");
  std::string cell;
  for (std::size_t i = 0; i < all.size() && i < kShownUnits; ++i) {
    const auto* unit = all[i].if_string();
    if (!unit) continue;
    if (!cell.empty()) cell += ", ";
    append_safe(cell, {unit->data(), unit->size()});
  }
  const std::uint64_t hidden =
      (all.size() > kShownUnits ? all.size() - kShownUnits : 0) + number(row, "units_left_out");
  if (hidden > 0) cell += " and " + std::to_string(hidden) + " more";
  return cell.empty() ? "-" : cell;
}

Line make_line(const object& row, std::string_view now) {
  Line line;
  line.verdict = text(row, "verdict");
  append_member(line.cells[0], row, "service");
  append_member(line.cells[1], row, "host");
  line.cells[2] = std::to_string(number(row, "attempts"));
  line.cells[3] = std::to_string(number(row, "established"));
  line.cells[4] = std::to_string(number(row, "failed"));
  line.cells[5] = std::to_string(number(row, "dns_failures"));
  line.cells[6] = std::to_string(number(row, "pending"));
  // in capitals, so that it stands out without colour too
  line.cells[kVerdict] = line.verdict == "failed" ? "FAILED" : line.verdict == "pending" ? "PENDING" : "";
  if (line.cells[kVerdict].empty()) append_safe(line.cells[kVerdict], line.verdict);
  line.cells[8] = last_failure(row, now);
  line.cells[9] = units(row);
  return line;
}

int urgency(const Line& line) {
  if (line.verdict == "failed") return 0;
  return line.verdict == "pending" ? 1 : 2;
}

void append_table(std::string& out, const std::vector<Line>& lines, bool colour) {
  std::array<std::size_t, kColumns> widths{};
  for (std::size_t i = 0; i < kColumns; ++i) {
    widths[i] = kTitles[i].size();
    for (const Line& line : lines) widths[i] = std::max(widths[i], line.cells[i].size());
  }
  const auto append_line = [&](const auto& cells, std::string_view paint) {
    for (std::size_t i = 0; i < kColumns; ++i) {
      const std::size_t padding = widths[i] - cells[i].size();
      if (i >= kFirstNumber && i <= kLastNumber) out.append(padding, ' ');
      if (i == kVerdict) out += paint;
      out += cells[i];
      if (i == kVerdict && !paint.empty()) out += kReset;
      if (i + 1 == kColumns) break;
      if (i < kFirstNumber || i > kLastNumber) out.append(padding, ' ');
      out += "  ";
    }
    out += '\n';
  };
  append_line(kTitles, {});
  for (const Line& line : lines) append_line(line.cells, colour ? colour_of(line.verdict) : std::string_view{});
}

// A broken family hides behind the other one: clients that try both are only slow.
void append_family_note(std::string& out, const object& row) {
  const object& families = member(row, "families");
  const auto failing = [](const object& family) { return text(family, "last_failure") > text(family, "last_success"); };
  const object& ipv4 = member(families, "ipv4");
  const object& ipv6 = member(families, "ipv6");
  if (number(ipv4, "failed") + number(ipv4, "established") == 0 ||
      number(ipv6, "failed") + number(ipv6, "established") == 0 || failing(ipv4) == failing(ipv6))
    return;
  const object& bad = failing(ipv4) ? ipv4 : ipv6;
  append_member(out, row, "host");
  out += failing(ipv4) ? ": IPv4 fails (" : ": IPv6 fails (";
  append_member(out, bad, "last_stage");
  out += '/';
  append_member(out, bad, "last_cause");
  out += failing(ipv4) ? "), IPv6 works\n" : "), IPv4 works\n";
}

}  // namespace

std::string render_status(const object& document, bool colour) {
  const object& daemon = member(document, "daemon");
  const std::string_view now = text(daemon, "now");
  std::vector<Line> lines;
  std::string notes;
  for (const auto& value : list(document, "rows")) {
    const object* row = value.if_object();
    if (!row) continue;
    lines.push_back(make_line(*row, now));
    append_family_note(notes, *row);
  }
  std::ranges::stable_sort(lines, {}, urgency);

  std::string out;
  if (lines.empty())
    out += "No connection and no failure was seen";
  else
    append_table(out, lines, colour);
  out += lines.empty() ? " since the daemon started " : "\nSince the daemon started ";
  append_ago(out, text(daemon, "since"), now);
  out += ".\n";
  if (const std::uint64_t hidden = number(document, "rows_left_out"); hidden > 0)
    out += std::to_string(hidden) + " more rows are left out.\n";
  if (!flag(daemon, "data_complete"))
    out += "Events were lost: the numbers are too low until the open sockets have been read again.\n";
  return out + notes;
}

}  // namespace egresswatch::cli
