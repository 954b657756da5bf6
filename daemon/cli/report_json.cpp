// SPDX-License-Identifier: Apache-2.0
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "cli/report.h"

namespace egresswatch::cli {
namespace {

using boost::json::array;
using boost::json::object;

constexpr std::uint64_t kVersion = 1;

object row_object(const ReportRow& row) {
  const Observation& sum = row.sum;
  object result;
  result["service"] = sum.service;
  if (!sum.host.empty()) result["host"] = sum.host;
  result["protocol"] = to_string(sum.protocol);
  if (sum.port != 0) result["port"] = sum.port;
  result["units"] = array(row.units.begin(), row.units.end());
  result["attempts"] = sum.attempts;
  result["established"] = sum.established;
  result["failed"] = sum.failed;
  if (sum.failed > 0) {
    result["last_stage"] = to_string(sum.last_stage);
    result["last_cause"] = to_string(sum.last_cause);
  }
  result["never_through"] = row.never_through();
  result["first_seen"] = time_text(sum.first_seen_ns);
  result["last_seen"] = time_text(sum.last_seen_ns);
  array& addresses = (result["addresses"] = array()).get_array();
  for (const IpAddress& address : row.addresses) addresses.emplace_back(address.to_string());
  return result;
}

}  // namespace

std::string render_json(const Report& report) {
  object document;
  document["version"] = kVersion;
  document["machine"] = report.machine;
  if (report.since_ns != 0) document["since"] = time_text(report.since_ns);
  document["until"] = time_text(report.made_ns);
  document["totals"] = object{{"destinations", report.rows.size()},
                              {"units", report.units},
                              {"attempts", report.attempts},
                              {"established", report.established},
                              {"failed", report.failed}};

  // every section, also an empty one
  array sections;
  for (std::size_t i = 0; i < kSectionNames.size(); ++i) {
    array rows;
    for (const ReportRow& row : report.rows)
      if (row.section == static_cast<Section>(i)) rows.push_back(row_object(row));
    sections.push_back(object{{"name", kSectionNames[i]}, {"title", kSectionTitles[i]}, {"rows", std::move(rows)}});
  }
  document["sections"] = std::move(sections);

  array unexpected;
  for (const ReportRow& row : report.unexpected) {
    object item = row_object(row);
    item["reason"] = to_string(row.sum.unexpected);
    unexpected.push_back(std::move(item));
  }
  document["unexpected"] = std::move(unexpected);
  return boost::json::serialize(document) + "\n";
}

}  // namespace egresswatch::cli
