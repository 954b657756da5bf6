// SPDX-License-Identifier: Apache-2.0
#include "cli/event_reader.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <exception>
#include <limits>
#include <optional>
#include <ranges>
#include <string>

#include "cli/values.h"

namespace egresswatch::cli {
namespace {

using boost::json::object;

constexpr std::uint64_t kNsPerUs = 1'000;
constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
constexpr int kMaxErrno = 4095;  // of Linux

// The value with that name; the first one, which is "none" or a harmless one, for a name of another version.
template <typename Enum, typename Names>
Enum value_of(const Names& names, std::string_view name) {
  const auto found = std::ranges::find(names, name);
  return static_cast<Enum>(found == names.end() ? 0 : found - names.begin());
}

template <typename Integer>
Integer bounded(const object& line, std::string_view key) {
  return static_cast<Integer>(std::min<std::uint64_t>(number(line, key), std::numeric_limits<Integer>::max()));
}

// 2026-09-14T14:03:07.123456Z
std::optional<std::uint64_t> nanoseconds_of(std::string_view timestamp) {
  std::tm utc{};
  unsigned micros = 0;
  char zone = 0;
  if (std::sscanf(std::string(timestamp).c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%6u%c", &utc.tm_year, &utc.tm_mon,
                  &utc.tm_mday, &utc.tm_hour, &utc.tm_min, &utc.tm_sec, &micros, &zone) != 8 ||
      zone != 'Z')
    return std::nullopt;
  utc.tm_year -= 1900;
  utc.tm_mon -= 1;
  const std::time_t seconds = ::timegm(&utc);
  if (seconds < 0) return std::nullopt;
  return static_cast<std::uint64_t>(seconds) * kNsPerSecond + micros * kNsPerUs;
}

// "192.0.2.1:443", "[2001:db8::1]:443"; nothing where it is neither.
Endpoint endpoint(const object& line, std::string_view key) {
  std::string_view value = text(line, key);
  const std::size_t colon = value.rfind(':');
  if (colon == std::string_view::npos) return {};
  std::string_view host = value.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  Endpoint result;
  const auto address = IpAddress::parse(host);
  const std::string_view port = value.substr(colon + 1);
  const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), result.port);
  if (!address || problem != std::errc() || end != port.data() + port.size()) return {};
  result.address = *address;
  return result;
}

// ECONNREFUSED, or the number of an error without a name.
int error_of(std::string_view name) {
  int value = 0;
  std::from_chars(name.data(), name.data() + name.size(), value);
  for (int error = 1; value == 0 && error <= kMaxErrno; ++error)
    if (const char* known = ::strerrorname_np(error); known && known == name) value = error;
  return value;
}

std::uint16_t dns_type_of(std::string_view name) {
  if (name == "A") return 1;
  if (name == "CNAME") return 5;
  if (name == "AAAA") return 28;
  if (name == "HTTPS") return 65;
  std::uint16_t type = 0;
  if (name.starts_with("TYPE")) std::from_chars(name.data() + 4, name.data() + name.size(), type);
  return type;
}

Protocol protocol_of(std::string_view name) {
  for (const Protocol known : {Protocol::icmp, Protocol::tcp, Protocol::udp, Protocol::icmpv6, Protocol::sctp})
    if (protocol_name(known) == name) return known;
  std::uint8_t value = 0;
  std::from_chars(name.data(), name.data() + name.size(), value);
  return static_cast<Protocol>(value);
}

template <typename Report>
void read_who_and_what(Report& report, const object& line) {
  report.service = text(line, "service");
  report.function = value_of<Function>(kFunctionNames, text(line, "function"));
  report.host = text(line, "host");
  report.name_source = value_of<NameSource>(kNameSourceNames, text(line, "name_source"));
  report.unexpected = value_of<Unexpected>(kUnexpectedNames, text(line, "unexpected"));
  report.unit = text(line, "unit");
  report.slice = text(line, "slice");
  report.container_id = text(line, "container_id");
  report.container_name = text(line, "container_name");
  report.process = text(line, "process");
  report.pid = bounded<std::uint32_t>(line, "pid");
  report.uid = bounded<std::uint32_t>(line, "uid");
  report.process_start_ns = number(line, "process_start_ns");
  report.netns = bounded<std::uint32_t>(line, "netns");
  report.local = endpoint(line, "local");
  report.remote = endpoint(line, "remote");
}

void read_evidence(Evidence& evidence, const object& seen) {
  const object& icmp = member(seen, "icmp");
  if (!icmp.empty()) evidence.icmp_origin = text(icmp, "origin") == "icmp6" ? 3 : 2;
  evidence.icmp_type = bounded<std::uint8_t>(icmp, "type");
  evidence.icmp_code = bounded<std::uint8_t>(icmp, "code");
  evidence.rst_received = flag(seen, "rst_received");
  evidence.drop_reason = text(seen, "drop_reason");
  evidence.service_tag = text(seen, "service_tag");
  evidence.through_proxy = flag(seen, "through_proxy");
  evidence.http_status = bounded<std::uint16_t>(seen, "http_status");
}

ConnectionReport connection(const object& line) {
  ConnectionReport report;
  read_who_and_what(report, line);
  report.verdict = value_of<Verdict>(kVerdictNames, text(line, "verdict"));
  const std::string_view family = text(line, "family");
  report.family = family == "ipv4" ? AF_INET : family == "ipv6" ? AF_INET6 : 0;
  report.stage = value_of<Stage>(kStageNames, text(line, "stage"));
  report.cause = value_of<Cause>(kCauseNames, text(line, "cause"));
  report.connect_latency_ns = number(line, "connect_latency_ns");
  report.duration_ns = number(line, "duration_ns");
  report.syn_retransmits = bounded<std::uint32_t>(line, "syn_retransmits");
  report.retransmits = bounded<std::uint32_t>(line, "retransmits");
  report.bytes_sent = number(line, "sent_bytes");
  report.bytes_received = number(line, "received_bytes");
  report.srtt_us = bounded<std::uint32_t>(line, "srtt_us");
  if (const std::string_view error = text(line, "error"); !error.empty()) report.error = error_of(error);
  report.answer_uid = number(line, "answer_uid");
  read_evidence(report.evidence, member(line, "evidence"));
  return report;
}

FlowReport flow(const object& line) {
  FlowReport report;
  read_who_and_what(report, line);
  report.protocol = protocol_of(text(line, "protocol"));
  report.raw_socket = flag(line, "raw_socket");
  return report;
}

DnsReport answer(const object& line) {
  DnsReport report;
  report.service = text(line, "service");
  report.unit = text(line, "unit");
  report.process = text(line, "process");
  report.pid = bounded<std::uint32_t>(line, "pid");
  report.question = text(line, "question");
  report.question_type = dns_type_of(text(line, "question_type"));
  report.rcode = bounded<std::uint16_t>(line, "rcode_number");
  report.cause = value_of<DnsCause>(kDnsCauseNames, text(line, "cause"));
  report.duration_ns = number(line, "duration_ns");
  report.resolver = endpoint(line, "resolver");
  if (const auto address = IpAddress::parse(text(line, "first_address"))) {
    report.address_count = bounded<std::uint32_t>(line, "address_count");
    report.first_address = *address;
  }
  report.cname_tail = text(line, "cname_tail");
  report.answer_uid = number(line, "answer_uid");
  return report;
}

}  // namespace

Result<Event> EventReader::read(std::string_view line) try {
  if (line.size() > kMaxLine) return Error{"a line of more than 65536 bytes"};
  boost::system::error_code error;
  document_ = boost::json::parse(line, error);
  const object* parsed = error ? nullptr : document_.if_object();
  if (!parsed) return Error{"not a JSON object"};
  const auto time_ns = nanoseconds_of(text(*parsed, "time"));
  if (!time_ns) return Error{"without a \"time\" such as 2026-09-14T14:03:07.123456Z"};
  const std::string_view type = text(*parsed, "type");

  Event event;
  if (type == "connection")
    event = connection(*parsed);
  else if (type == "dns")
    event = answer(*parsed);
  else if (type == "flow")
    event = flow(*parsed);
  else
    return Error{"\"type\" is neither connection, dns nor flow"};
  std::visit(
      [&](auto& report) {
        report.wall_time_ns = *time_ns;
        report.message = text(*parsed, "message");
      },
      event);
  return event;
} catch (const std::exception& error) {
  return Error{error.what()};
}

}  // namespace egresswatch::cli
