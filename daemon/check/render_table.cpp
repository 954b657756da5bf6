// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "check/advice.h"
#include "check/render.h"
#include "publish/text.h"

namespace egresswatch::check {
namespace {

constexpr std::size_t kColumns = 8;
using Row = std::array<std::string, kColumns>;

// "-" = not reached, "FAIL" = the stage that failed.
std::string time_text(std::uint64_t duration_ns) {
  if (duration_ns == 0) return "-";
  std::string text;
  publish::append_duration(text, duration_ns);
  return text;
}

bool failed_in(const EndpointResult& result, std::initializer_list<Stage> stages) {
  return result.failure && std::ranges::find(stages, result.failure.stage) != stages.end();
}

std::string dns_text(const EndpointResult& result) {
  if (result.dns_failed()) return "FAIL";
  if (result.dns.source == DnsResult::Source::hosts_file) return "hosts";
  return time_text(result.dns.duration_ns);
}

std::string verdict_text(const EndpointResult& result) {
  if (result.dns_failed()) return "FAILED dns/" + std::string(to_string(result.dns.cause));
  if (result.failure)
    return "FAILED " + std::string(to_string(result.failure.stage)) + "/" +
           std::string(to_string(result.failure.cause));
  std::string text = "ok";
  if (result.http.status != 0) text += " (" + std::to_string(result.http.status) + ")";
  if (result.dns.private_endpoint) text += ", private endpoint";
  if (!result.proxy.empty()) text += ", through a proxy";
  return text;
}

Row make_row(const EndpointResult& result) {
  Row row;
  row[0] = result.target.service;
  publish::append_plain(row[1], result.target.host);
  const std::uint16_t usual = result.target.protocol == Protocol::https ? 443 : 80;
  if (result.target.port != usual) row[1] += ":" + std::to_string(result.target.port);
  row[2] = result.used ? result.used->to_string() : "-";
  row[3] = dns_text(result);
  row[4] = failed_in(result, {Stage::route, Stage::connect}) ? "FAIL" : time_text(result.connect_ns);
  row[5] = failed_in(result, {Stage::tls, Stage::proxy}) ? "FAIL" : time_text(result.tls.duration_ns);
  row[6] = failed_in(result, {Stage::http, Stage::data}) ? "FAIL" : time_text(result.http.first_byte_ns);
  row[7] = verdict_text(result);
  return row;
}

void append_sentence(std::string& out, const EndpointResult& result) {
  std::string sentence = result.ok() ? note(result) : advice(result);
  if (sentence.empty()) return;
  publish::append_plain(out, result.target.host);
  out += ": " + sentence + "\n";
  if (result.ok()) return;
  if (const std::string more = note(result); !more.empty()) out += "  note: " + more + "\n";
}

}  // namespace

std::string render_table(const std::vector<EndpointResult>& results, bool colour) {
  std::vector<Row> rows{{"SERVICE", "HOST", "ADDRESS", "DNS", "TCP", "TLS", "FIRST BYTE", "VERDICT"}};
  for (const EndpointResult& result : results) rows.push_back(make_row(result));
  std::array<std::size_t, kColumns> widths{};
  for (const Row& row : rows)
    for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], row[i].size());

  std::string out;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t i = 0; i + 1 < kColumns; ++i) {
      const std::size_t begin = out.size();
      out += rows[r][i];
      out.append(widths[i] + 2 - (out.size() - begin), ' ');
    }
    const bool paint = colour && r > 0;
    if (paint) out += results[r - 1].ok() ? "\033[32m" : "\033[1;31m";
    out += rows[r][kColumns - 1];
    if (paint) out += "\033[0m";
    out += '\n';
  }
  std::string sentences;
  for (const EndpointResult& result : results) append_sentence(sentences, result);
  if (!sentences.empty()) out += "\n" + sentences;
  return out;
}

}  // namespace egresswatch::check
