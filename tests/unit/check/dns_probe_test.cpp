// SPDX-License-Identifier: Apache-2.0
#include "check/dns_probe.h"

#include <gtest/gtest.h>

#include "loopback.h"

namespace egresswatch::check {
namespace {

using Bytes = UdpServer::Bytes;
constexpr std::uint64_t kTimeout = 600'000'000;
constexpr const char* kVault = "contoso.vault.azure.net";

// The query turned into an answer with `answers` records appended.
Bytes answer_to(Bytes query, unsigned rcode, unsigned answers, const Bytes& records) {
  query[2] = 0x81;
  query[3] = static_cast<unsigned char>(0x80 | rcode);
  query[7] = static_cast<unsigned char>(answers);
  query.insert(query.end(), records.begin(), records.end());
  return query;
}

bool asks_aaaa(const Bytes& query) { return query[query.size() - 3] == 28; }

// A record owned by the question (or, at `owner`, by another name in the message).
Bytes record(unsigned char type, const Bytes& data, std::size_t owner = 12) {
  Bytes out{
      static_cast<unsigned char>(0xc0 | owner >> 8), static_cast<unsigned char>(owner), 0, type, 0, 1, 0, 0, 0, 60, 0,
      static_cast<unsigned char>(data.size())};
  out.insert(out.end(), data.begin(), data.end());
  return out;
}

Bytes name(std::string_view text) {
  Bytes out;
  while (!text.empty()) {
    const auto label = text.substr(0, text.find('.'));
    out.push_back(static_cast<unsigned char>(label.size()));
    out.insert(out.end(), label.begin(), label.end());
    text.remove_prefix(std::min(label.size() + 1, text.size()));
  }
  out.push_back(0);
  return out;
}

Names ask_at(std::initializer_list<std::uint16_t> ports, std::string hosts = {}) {
  Names names;
  for (const std::uint16_t port : ports) names.resolvers.push_back({IpAddress::v4(127, 0, 0, 1), port});
  names.hosts = std::move(hosts);
  return names;
}

DnsResult probe_with_rcode(unsigned rcode) {
  const UdpServer server([=](const Bytes& query) { return answer_to(query, rcode, 0, {}); });
  return probe_dns(ask_at({server.port()}), kVault, kTimeout);
}

TEST(ProbeDns, EveryResponseCodeHasItsCause) {
  EXPECT_EQ(probe_with_rcode(2).cause, DnsCause::servfail);
  EXPECT_EQ(probe_with_rcode(3).cause, DnsCause::nxdomain);
  EXPECT_EQ(probe_with_rcode(5).cause, DnsCause::refused);
  EXPECT_EQ(probe_with_rcode(0).cause, DnsCause::empty);
  EXPECT_EQ(probe_with_rcode(4).cause, DnsCause::empty);  // NOTIMP: no address, whatever the reason
}

TEST(ProbeDns, SilenceIsNoAnswer) {
  const UdpServer server([](const Bytes&) { return Bytes(); });
  const DnsResult result = probe_dns(ask_at({server.port()}), kVault, kTimeout);
  EXPECT_EQ(result.cause, DnsCause::no_answer);
  EXPECT_GE(result.duration_ns, kTimeout * 9 / 10);
  EXPECT_LT(result.duration_ns, kTimeout * 3);
}

TEST(ProbeDns, AnAnswerThatFitsNoQuestionIsIgnored) {
  const UdpServer server([](Bytes query) {
    query[1] ^= 1;
    return answer_to(query, 3, 0, {});
  });
  EXPECT_EQ(probe_dns(ask_at({server.port()}), kVault, kTimeout).cause, DnsCause::no_answer);
}

TEST(ProbeDns, TheNextResolverIsAskedAfterARefusal) {
  const UdpServer bad([](const Bytes& query) { return answer_to(query, 5, 0, {}); });
  const UdpServer good([](const Bytes& query) {
    return asks_aaaa(query) ? answer_to(query, 0, 0, {}) : answer_to(query, 0, 1, record(1, {203, 0, 113, 7}));
  });
  const DnsResult result = probe_dns(ask_at({bad.port(), good.port()}), kVault, kTimeout);
  EXPECT_EQ(result.cause, DnsCause::none);
  ASSERT_EQ(result.addresses.size(), 1U);
  EXPECT_EQ(result.addresses[0], IpAddress::v4(203, 0, 113, 7));
  EXPECT_FALSE(result.private_endpoint);
}

DnsResult probe_private_link(unsigned rcode, const Bytes& address) {
  const Bytes target = name("contoso.privatelink.vaultcore.azure.net");
  const UdpServer server([&](const Bytes& query) {
    Bytes records = record(5, target);
    if (asks_aaaa(query) || address.empty()) return answer_to(query, rcode, 1, records);
    const Bytes last = record(1, address, query.size() + 12);
    records.insert(records.end(), last.begin(), last.end());
    return answer_to(query, rcode, 2, records);
  });
  return probe_dns(ask_at({server.port()}), kVault, kTimeout);
}

TEST(ProbeDns, PrivateLink) {
  const DnsResult inside = probe_private_link(0, {10, 1, 2, 3});
  EXPECT_TRUE(inside.private_endpoint);
  EXPECT_EQ(inside.cause, DnsCause::none);
  EXPECT_EQ(inside.chain, std::vector<std::string>{"contoso.privatelink.vaultcore.azure.net"});
  EXPECT_EQ(probe_private_link(0, {20, 1, 2, 3}).cause, DnsCause::public_answer_despite_private_link);
  EXPECT_EQ(probe_private_link(3, {}).cause, DnsCause::private_record_missing);
  EXPECT_EQ(probe_private_link(0, {0, 0, 0, 0}).cause, DnsCause::sinkhole);
}

TEST(ProbeDns, HostsFileAndLiteralsAskNobody) {
  const Names names = ask_at({1}, "# 192.0.2.9 " + std::string(kVault) + "\n192.0.2.8 x Contoso.vault.AZURE.net # y\n");
  const DnsResult hosts = probe_dns(names, kVault, kTimeout);
  EXPECT_EQ(hosts.source, DnsResult::Source::hosts_file);
  ASSERT_EQ(hosts.addresses.size(), 1U);
  EXPECT_EQ(hosts.addresses[0], IpAddress::v4(192, 0, 2, 8));
  EXPECT_EQ(probe_dns(ask_at({1}, "0.0.0.0 v.test"), "v.test", kTimeout).cause, DnsCause::sinkhole);
  EXPECT_EQ(probe_dns(names, "192.0.2.1", kTimeout).source, DnsResult::Source::literal);
}

TEST(ParseResolvers, AsTheCLibrary) {
  const auto three = parse_resolvers(
      "; c\nnameserver 192.0.2.1\noptions x\nnameserver ::1 # y\nnameserver bad\n"
      "nameserver 192.0.2.2\nnameserver 192.0.2.3\n");
  ASSERT_EQ(three.size(), 3U);
  EXPECT_EQ(three[1].to_string(), "[::1]:53");
  EXPECT_EQ(parse_resolvers("").front().to_string(), "127.0.0.1:53");
}

}  // namespace
}  // namespace egresswatch::check
