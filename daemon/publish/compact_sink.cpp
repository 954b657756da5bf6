// SPDX-License-Identifier: Apache-2.0
#include "publish/compact_sink.h"

#include <type_traits>

#include "publish/sentences.h"
#include "publish/text.h"

namespace egresswatch::publish {
namespace {

constexpr std::string_view kGreen = "\033[32m";
constexpr std::string_view kRed = "\033[1;31m";
constexpr std::string_view kYellow = "\033[33m";
constexpr std::string_view kDim = "\033[2m";
constexpr std::string_view kReset = "\033[0m";

constexpr std::string_view kUnexpected = "UNEXPECTED";

constexpr std::size_t kVerdictWidth = 10;
constexpr std::size_t kUnitWidth = 24;
constexpr std::size_t kProcessWidth = 20;
constexpr std::size_t kServiceWidth = 11;
constexpr std::size_t kHostWidth = 36;
constexpr std::size_t kRemoteWidth = 21;
constexpr std::size_t kUidWidth = 5;
constexpr std::size_t kSourceWidth = 11;
constexpr std::size_t kBytesWidth = 15;

struct Appearance {
  std::string_view word;
  std::string_view colour;
};

// A failure in capitals, so that it stands out without colour too.
Appearance appearance(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return {"ok", kGreen};
    case Verdict::failed:
      return {"FAILED", kRed};
    case Verdict::cancelled:
    case Verdict::closed:
    case Verdict::pending:
      break;
  }
  return {to_string(verdict), kDim};
}

}  // namespace

void CompactSink::connection(const ConnectionReport& report) {
  const auto [word, colour] = appearance(report.verdict);
  // that it got through is what is wrong with it
  const bool unexpected = report.verdict == Verdict::ok && report.unexpected != Unexpected::none;
  begin(report.wall_time_ns, unexpected ? kUnexpected : word, unexpected ? kYellow : colour);
  who_and_where(report);
  if (wide_) bytes_column(report.bytes_sent, report.bytes_received);
  if (report.stage != Stage::none) {
    start_colour(kRed);
    line_ += to_string(report.stage);
    line_ += '/';
    line_ += to_string(report.cause);
    end_colour();
    line_ += ": ";
  }
  append_sentence(line_, report);
  output_.write_line(line_);
}

void CompactSink::dns(const DnsReport& report) {
  const bool resolved = report.cause == DnsCause::none;
  begin(report.wall_time_ns, resolved ? "resolved" : "FAILED", resolved ? kDim : kRed);
  column(report.unit, kUnitWidth);
  process_column(report.process, report.pid);
  if (wide_) column({}, kUidWidth);
  column(report.service, kServiceWidth);
  column(report.question, kHostWidth);
  if (wide_) {
    column({}, kSourceWidth);
    column({}, kRemoteWidth);
  }
  endpoint_column(report.resolver);
  if (wide_) column({}, kBytesWidth);
  if (!resolved) {
    start_colour(kRed);
    line_ += "dns/";
    line_ += to_string(report.cause);
    end_colour();
    line_ += ": ";
  }
  append_sentence(line_, report);
  output_.write_line(line_);
}

void CompactSink::flow(const FlowReport& report) {
  if (report.unexpected == Unexpected::none) return;
  begin(report.wall_time_ns, kUnexpected, kYellow);
  who_and_where(report);
  if (wide_) column({}, kBytesWidth);
  append_sentence(line_, report);
  output_.write_line(line_);
}

template <typename Report>
void CompactSink::who_and_where(const Report& report) {
  column(report.unit, kUnitWidth);
  process_column(report.process, report.pid);
  if (wide_) uid_column(report.uid, report.pid != 0);
  column(report.service, kServiceWidth);
  host_column(report.host, report.remote.address);
  if (wide_) {
    column(to_string(report.name_source), kSourceWidth);
    // of a connection without a port the address is not final either
    if (std::is_same_v<Report, ConnectionReport> && report.local.port == 0)
      column({}, kRemoteWidth);
    else
      endpoint_column(report.local);
  }
  endpoint_column(report.remote);
}

void CompactSink::begin(std::uint64_t wall_ns, std::string_view verdict, std::string_view colour) {
  line_.clear();
  if (wide_)
    append_timestamp(line_, wall_ns);
  else
    append_time_of_day(line_, wall_ns);
  line_ += ' ';
  start_colour(colour);
  const std::size_t start = line_.size();
  line_ += verdict;
  pad_column(line_, start, kVerdictWidth);
  end_colour();
}

void CompactSink::column(std::string_view text, std::size_t width) {
  const std::size_t start = line_.size();
  append_plain(line_, text.empty() ? "-" : text);
  pad_column(line_, start, width);
}

void CompactSink::host_column(std::string_view host, const IpAddress& address) {
  if (!host.empty()) return column(host, kHostWidth);
  const std::size_t start = line_.size();
  append_address(line_, address);
  pad_column(line_, start, kHostWidth);
}

void CompactSink::process_column(std::string_view process, std::uint32_t pid) {
  const std::size_t start = line_.size();
  append_plain(line_, process.empty() ? "-" : process);
  if (pid != 0) {
    line_ += '[';
    append_number(line_, std::uint64_t{pid});
    line_ += ']';
  }
  pad_column(line_, start, kProcessWidth);
}

void CompactSink::uid_column(std::uint32_t uid, bool known) {
  if (!known) return column({}, kUidWidth);
  const std::size_t start = line_.size();
  append_number(line_, std::uint64_t{uid});
  pad_column(line_, start, kUidWidth);
}

void CompactSink::bytes_column(std::uint64_t sent, std::uint64_t received) {
  const std::size_t start = line_.size();
  append_bytes(line_, sent);
  line_ += '/';
  append_bytes(line_, received);
  pad_column(line_, start, kBytesWidth);
}

void CompactSink::endpoint_column(const Endpoint& endpoint) {
  const std::size_t start = line_.size();
  append_endpoint(line_, endpoint);
  pad_column(line_, start, kRemoteWidth);
}

void CompactSink::start_colour(std::string_view code) {
  if (colour_) line_ += code;
}

void CompactSink::end_colour() {
  if (colour_) line_ += kReset;
}

}  // namespace egresswatch::publish
