// SPDX-License-Identifier: Apache-2.0
#include "check/dns_probe.h"

#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>

#include "base/clock.h"
#include "check/dns_query.h"
#include "correlate/dns_cause.h"

namespace egresswatch::check {
namespace {

constexpr std::uint16_t kTypeA = 1;
constexpr std::uint16_t kTypeAaaa = 28;
constexpr std::uint16_t kDnsPort = 53;
constexpr std::size_t kMaxResolvers = 3;  // MAXNS of resolv.conf(5)
constexpr std::uint64_t kRounds = 3;
constexpr std::size_t kMaxFile = 1024 * 1024;

std::string read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxFile, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return text;
}

// Each line without its comment, as words.
template <typename Visit>
void for_each_line(std::string_view text, std::string_view comment, Visit&& visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    std::istringstream stream{std::string(line.substr(0, line.find_first_of(comment)))};
    std::vector<std::string> words;
    for (std::string word; stream >> word;) words.push_back(word);
    if (!words.empty()) visit(words);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

bool equal_names(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return (x >= 'A' && x <= 'Z' ? x + 32 : x) == y; });
}

// RFC 1918, RFC 6598 and RFC 4193: where a private endpoint can be.
bool is_private(const IpAddress& address) {
  const auto& b = address.bytes;
  if (!address.is_v4()) return (b[0] & 0xfe) == 0xfc;
  return b[12] == 10 || (b[12] == 172 && (b[13] & 0xf0) == 16) || (b[12] == 192 && b[13] == 168) ||
         (b[12] == 100 && (b[13] & 0xc0) == 64);
}

bool in_private_link_zone(const std::string& name) {
  return name.find(".privatelink.vaultcore.") != std::string::npos ||
         name.find(".privatelink.managedhsm.") != std::string::npos;
}

// Asks until one resolver gives an answer other than SERVFAIL and REFUSED; else the last of those; null if nobody
// answered.
std::unique_ptr<DnsMessage> ask_in_turn(const Names& names, const std::string& host, std::uint16_t type,
                                        std::uint64_t deadline_ns, std::string& resolver) {
  std::unique_ptr<DnsMessage> answer;
  const std::uint64_t now = monotonic_ns();
  const std::uint64_t share = (deadline_ns > now ? deadline_ns - now : 0) / (kRounds * names.resolvers.size());
  for (std::uint64_t round = 0; round < kRounds && !answer; ++round) {
    for (const Endpoint& server : names.resolvers) {
      auto next = std::make_unique<DnsMessage>();
      if (!ask(server, host, type, std::min(deadline_ns, monotonic_ns() + share), *next)) continue;
      resolver = server.to_string();
      answer = std::move(next);
      const DnsCause cause = correlate::dns_cause(*answer);
      if (cause != DnsCause::servfail && cause != DnsCause::refused) return answer;
    }
  }
  return answer;
}

void take_chain(DnsResult& result, const DnsMessage& answer) {
  if (result.chain.empty())
    for (std::size_t i = 0; i < answer.cname_count; ++i) result.chain.emplace_back(answer.cnames[i]);
  for (std::size_t i = 0; i < answer.address_count; ++i)
    if (std::ranges::find(result.addresses, answer.addresses[i].address) == result.addresses.end())
      result.addresses.push_back(answer.addresses[i].address);
}

}  // namespace

std::vector<Endpoint> parse_resolvers(std::string_view resolv_conf) {
  std::vector<Endpoint> resolvers;
  for_each_line(resolv_conf, "#;", [&](const std::vector<std::string>& words) {
    if (words.size() < 2 || words[0] != "nameserver" || resolvers.size() == kMaxResolvers) return;
    if (const auto address = IpAddress::parse(words[1])) resolvers.push_back({*address, kDnsPort});
  });
  if (resolvers.empty()) resolvers.push_back({IpAddress::v4(127, 0, 0, 1), kDnsPort});
  return resolvers;
}

std::vector<IpAddress> parse_hosts(std::string_view hosts, std::string_view name) {
  std::vector<IpAddress> addresses;
  for_each_line(hosts, "#", [&](const std::vector<std::string>& words) {
    const auto address = IpAddress::parse(words[0]);
    const bool named =
        std::any_of(words.begin() + 1, words.end(), [&](const std::string& word) { return equal_names(word, name); });
    if (address && named) addresses.push_back(*address);
  });
  return addresses;
}

Names system_names() { return {parse_resolvers(read_file("/etc/resolv.conf")), read_file("/etc/hosts")}; }

DnsResult probe_dns(const Names& names, const std::string& host, std::uint64_t timeout_ns) {
  DnsResult result;
  if (const auto literal = IpAddress::parse(host)) {
    result.source = DnsResult::Source::literal;
    result.addresses.push_back(*literal);
    return result;
  }
  const std::uint64_t start_ns = monotonic_ns();
  const std::uint64_t deadline_ns = start_ns + timeout_ns;
  if (result.addresses = parse_hosts(names.hosts, host); !result.addresses.empty()) {
    result.source = DnsResult::Source::hosts_file;
    // a common way to block a host; connect() would take it for this host itself
    if (std::ranges::any_of(result.addresses, &IpAddress::is_unspecified)) result.cause = DnsCause::sinkhole;
    result.duration_ns = monotonic_ns() - start_ns;
    return result;
  }

  result.source = DnsResult::Source::resolver;
  DnsCause cause_v4 = DnsCause::no_answer;
  if (const auto answer = ask_in_turn(names, host, kTypeA, deadline_ns, result.resolver)) {
    cause_v4 = correlate::dns_cause(*answer);
    result.rcode = answer->rcode;
    take_chain(result, *answer);
  }
  // NXDOMAIN holds for every type (RFC 8020); where nobody answered, a second question would wait for nothing
  DnsCause cause_v6 = DnsCause::none;
  if (cause_v4 == DnsCause::none || cause_v4 == DnsCause::empty) {
    if (const auto answer = ask_in_turn(names, host, kTypeAaaa, deadline_ns, result.resolver)) {
      cause_v6 = correlate::dns_cause(*answer);
      take_chain(result, *answer);
    }
  }
  result.duration_ns = monotonic_ns() - start_ns;

  if (cause_v6 == DnsCause::sinkhole)
    result.cause = cause_v6;
  else if (cause_v4 != DnsCause::empty || result.addresses.empty())
    result.cause = cause_v4;
  if (result.cause == DnsCause::none && result.addresses.empty()) result.cause = DnsCause::empty;
  const bool private_link = std::ranges::any_of(result.chain, in_private_link_zone);
  if (private_link && result.cause == DnsCause::none) {
    result.private_endpoint = std::ranges::any_of(result.addresses, is_private);
    if (!result.private_endpoint) result.cause = DnsCause::public_answer_despite_private_link;
  }
  return result;
}

}  // namespace egresswatch::check
