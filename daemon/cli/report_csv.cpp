// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "cli/report.h"

namespace egresswatch::cli {
namespace {

constexpr std::string_view kEnd = "\r\n";
constexpr std::string_view kTitles =
    "section,service,host,protocol,port,units,attempts,established,failed,last_stage,last_cause,first_seen,last_seen,"
    "unexpected";

// Names are chosen by others, and a spreadsheet computes what begins with one of these signs.
std::string field(std::string_view text) {
  std::string value;
  if (!text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos) value = '\'';
  value += text;
  if (value.find_first_of(",\"\r\n") == std::string::npos) return value;
  std::string quoted = "\"";
  for (const char c : value) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + "\"";
}

std::string number(std::uint64_t value) { return std::to_string(value); }

}  // namespace

std::string render_csv(const Report& report) {
  std::string out(kTitles);
  out += kEnd;
  for (const ReportRow& row : report.by_reason) {
    const Observation& sum = row.sum;
    std::string units;
    for (const std::string& unit : row.units) units += (units.empty() ? "" : "; ") + unit;
    const bool failed = sum.failed > 0;
    const std::string fields[] = {std::string(kSectionNames[static_cast<std::size_t>(row.section)]),
                                  field(sum.service),
                                  field(sum.host),
                                  to_string(sum.protocol),
                                  sum.port == 0 ? "" : number(sum.port),
                                  field(units),
                                  number(sum.attempts),
                                  number(sum.established),
                                  number(sum.failed),
                                  failed ? std::string(to_string(sum.last_stage)) : "",
                                  failed ? std::string(to_string(sum.last_cause)) : "",
                                  time_text(sum.first_seen_ns),
                                  time_text(sum.last_seen_ns),
                                  sum.unexpected == Unexpected::none ? "" : std::string(to_string(sum.unexpected))};
    bool first = true;
    for (const std::string& value : fields) {
      if (!first) out += ',';
      out += value;
      first = false;
    }
    out += kEnd;
  }
  return out;
}

}  // namespace egresswatch::cli
