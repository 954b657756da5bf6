// SPDX-License-Identifier: Apache-2.0
#include "classify/policy.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "config/policy_file.h"

namespace egresswatch::classify {
namespace {

const std::vector<std::string> kServices{"other", "key_vault",  "managed_hsm", "entra",      "arm",
                                         "graph", "revocation", "imds",        "wireserver", "app_config"};
constexpr ServiceId kVault = id_of(BuiltinService::key_vault);
constexpr ServiceId kEntra = id_of(BuiltinService::entra);

Policy policy_of(std::string_view text) {
  auto options = config::parse_policy(text, "policy.yaml", {.services = kServices, .uid_of = config::uid_of_user});
  EXPECT_TRUE(options) << options.error().message;
  return Policy(options ? *options : PolicyOptions{});
}

IpAddress address_of(const char* text) { return IpAddress::parse(text).value(); }

Contact to_vault(std::string_view host = "payroll.vault.azure.net", std::uint16_t port = 443) {
  return {.host = host, .port = port, .port_expected = port == 443, .service = kVault};
}

Contact to_host(std::string_view host, std::uint16_t port = 443, PolicyProtocol protocol = PolicyProtocol::tcp) {
  return {.host = host, .port = port, .protocol = protocol};
}

Contact to_address(const IpAddress& address, std::uint16_t port, PolicyProtocol protocol = PolicyProtocol::tcp) {
  return {.address = &address, .port = port, .protocol = protocol};
}

Unexpected judged(const Policy& policy, const Subject& who, const Contact& contact) {
  return policy.judge(policy.section_of(who), contact).reason;
}

TEST(Glob, AStarStandsForAnyCharacters) {
  EXPECT_TRUE(fits_glob("session-*.scope", "session-3.scope"));
  EXPECT_TRUE(fits_glob("*", ""));
  EXPECT_TRUE(fits_glob("a*b*c", "a-b-b-c"));
  EXPECT_TRUE(fits_glob("*.service", ".service"));
  EXPECT_FALSE(fits_glob("session-*.scope", "session-3.service"));
  EXPECT_FALSE(fits_glob("a", "ab"));
  EXPECT_FALSE(fits_glob("ab", "a"));
  EXPECT_FALSE(fits_glob("", "a"));
  EXPECT_FALSE(fits_glob("a*b", "a"));
}

TEST(Glob, ManyStarsTakeNoTimeToSpeakOf) {
  const std::string text(255, 'a');
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "*a";
  EXPECT_FALSE(fits_glob(pattern + "b", text));
}

TEST(Policy, ByDefaultNothingIsFlagged) {
  const Policy policy = policy_of("");
  EXPECT_FALSE(policy.flags_anything());
  EXPECT_EQ(policy.section_of({.unit = "payroll.service"}), Policy::kEverybody);
  EXPECT_FALSE(policy.flags(Policy::kEverybody));
}

TEST(Policy, TheModeOfASectionWins) {
  const Policy policy = policy_of(R"(
default: flag
units:
  - {unit: a.service, default: observe}
  - {unit: b.service}
)");
  EXPECT_TRUE(policy.flags_anything());
  EXPECT_TRUE(policy.flags(Policy::kEverybody));
  EXPECT_FALSE(policy.flags(policy.section_of({.unit = "a.service"})));
  EXPECT_TRUE(policy.flags(policy.section_of({.unit = "b.service"})));
  EXPECT_TRUE(policy_of("units: [{unit: a.service, default: flag}]").flags_anything());
}

TEST(Policy, TheFirstSectionThatFitsDecides) {
  const Policy policy = policy_of(R"(
units:
  - {unit: "docker-*", container: web}
  - {unit: backup.service, user: 34}
  - {unit: backup.service}
  - {process: curl}
  - {slice: user-*.slice}
  - {unit: "*"}
)");
  EXPECT_EQ(
      policy.section_of({.unit = "docker-0123456789ab", .container_id = "0123456789abcdef", .container_name = "web"}),
      0U);
  EXPECT_EQ(policy.section_of({.unit = "docker-0123456789ab", .container_id = "0123456789abcdef"}), 5U);
  EXPECT_EQ(policy.section_of({.unit = "backup.service", .uid = 34, .uid_known = true}), 1U);
  EXPECT_EQ(policy.section_of({.unit = "backup.service", .uid = 0, .uid_known = true}), 2U);
  EXPECT_EQ(policy.section_of({.unit = "backup.service", .uid = 34}), 2U) << "an unknown user is nobody";
  EXPECT_EQ(policy.section_of({.unit = "backup.service", .process = "curl"}), 2U);
  EXPECT_EQ(policy.section_of({.unit = "x.service", .process = "curl"}), 3U);
  EXPECT_EQ(policy.section_of({.unit = "x.service", .slice = "user-1000.slice", .process = "ssh"}), 4U);
  EXPECT_EQ(policy.section_of({.unit = "x.service"}), 5U);
}

TEST(Policy, ASectionByPatternInFrontOfTheUnitsOwnWins) {
  const Policy policy = policy_of("units: [{unit: \"a*\"}, {unit: a.service}]");
  EXPECT_EQ(policy.section_of({.unit = "a.service"}), 0U);
}

TEST(Policy, ServicesAreAllowedWhereTheyAreOffered) {
  const Policy policy = policy_of("allow: [{services: [key_vault]}]");
  EXPECT_EQ(judged(policy, {}, to_vault()), Unexpected::none);
  EXPECT_EQ(judged(policy, {}, to_vault("payroll.vault.azure.net", 8443)), Unexpected::wrong_port);
  EXPECT_EQ(judged(policy, {}, {.host = "login.microsoftonline.com", .port = 443, .service = kEntra}),
            Unexpected::not_in_policy);
  EXPECT_EQ(judged(policy, {}, to_host("example.com")), Unexpected::not_in_policy);
  // found by its address or by a service tag
  EXPECT_EQ(judged(policy, {}, to_vault("")), Unexpected::none);
}

TEST(Policy, PortsOfARuleReplaceThoseOfTheService) {
  const Policy policy = policy_of("allow: [{services: [key_vault], ports: [8443]}]");
  EXPECT_EQ(judged(policy, {}, to_vault("payroll.vault.azure.net", 8443)), Unexpected::none);
  EXPECT_EQ(judged(policy, {}, to_vault()), Unexpected::wrong_port);
}

TEST(Policy, HostsAreAllowedByNameSuffixAndPrefix) {
  const Policy policy = policy_of(R"(
allow:
  - {hosts: [one.vault.azure.net, "*.example.com", "data-*.example.org"]}
)");
  EXPECT_EQ(judged(policy, {}, to_vault("One.Vault.Azure.Net")), Unexpected::none);
  EXPECT_EQ(judged(policy, {}, to_vault("two.vault.azure.net")), Unexpected::not_in_policy);
  EXPECT_EQ(judged(policy, {}, to_host("a.b.example.com", 9)), Unexpected::none);
  EXPECT_EQ(judged(policy, {}, to_host("example.com")), Unexpected::not_in_policy);
  EXPECT_EQ(judged(policy, {}, to_host("data-1.example.org")), Unexpected::none);
  EXPECT_EQ(judged(policy, {}, to_host("date-1.example.org")), Unexpected::not_in_policy);
  EXPECT_EQ(judged(policy, {}, to_host("")), Unexpected::not_in_policy);
  EXPECT_EQ(judged(policy, {}, to_host("..")), Unexpected::not_in_policy);
}

TEST(Policy, ABroaderRuleCountsWhereTheNarrowOneHasOtherPorts) {
  const Policy policy = policy_of(R"(
allow:
  - {hosts: [git.example.com], ports: [22]}
  - {hosts: ["*.example.com"], ports: [443]}
)");
  EXPECT_EQ(policy.judge(Policy::kEverybody, to_host("git.example.com", 22)).line, 3U);
  EXPECT_EQ(policy.judge(Policy::kEverybody, to_host("git.example.com", 443)).reason, Unexpected::none);
  EXPECT_EQ(policy.judge(Policy::kEverybody, to_host("git.example.com", 443)).line, 4U);
  const auto wrong = policy.judge(Policy::kEverybody, to_host("git.example.com", 80));
  EXPECT_EQ(wrong.reason, Unexpected::wrong_port);
  EXPECT_EQ(wrong.line, 3U);
}

TEST(Policy, AddressesAreAllowedByPrefix) {
  const Policy policy = policy_of(R"(
allow:
  - {addresses: [10.0.0.0/8, "2001:db8::/32"], ports: [5432]}
  - {addresses: [10.1.2.3]}
)");
  EXPECT_EQ(judged(policy, {}, to_address(address_of("10.9.9.9"), 5432)), Unexpected::none);
  EXPECT_EQ(judged(policy, {}, to_address(address_of("10.9.9.9"), 80)), Unexpected::wrong_port);
  EXPECT_EQ(judged(policy, {}, to_address(address_of("10.1.2.3"), 80)), Unexpected::none);
  EXPECT_EQ(judged(policy, {}, to_address(address_of("2001:db8::1"), 5432)), Unexpected::none);
  EXPECT_EQ(judged(policy, {}, to_address(address_of("192.0.2.1"), 5432)), Unexpected::not_in_policy);
}

TEST(Policy, WhatIsBehindAProxyIsJudgedByNameOnly) {
  const Policy policy = policy_of("allow: [{addresses: [10.0.0.0/8]}]");
  Contact contact = to_host("example.com");
  EXPECT_EQ(judged(policy, {}, contact), Unexpected::not_in_policy);
  const IpAddress proxy = address_of("10.0.0.1");
  contact.address = &proxy;
  EXPECT_EQ(judged(policy, {}, contact), Unexpected::none);
}

TEST(Policy, RulesAreForTcpUnlessTheySayOtherwise) {
  const Policy policy = policy_of(R"(
allow:
  - {hosts: [ntp.example.com], ports: [123], protocols: [udp]}
  - {addresses: [192.0.2.0/24]}
  - {addresses: [198.51.100.0/24], protocols: [icmp, sctp, raw], ports: [7]}
)");
  EXPECT_EQ(judged(policy, {}, to_host("ntp.example.com", 123, PolicyProtocol::udp)), Unexpected::none);
  EXPECT_EQ(judged(policy, {}, to_host("ntp.example.com", 123)), Unexpected::not_in_policy);
  EXPECT_EQ(judged(policy, {}, to_host("ntp.example.com", 124, PolicyProtocol::udp)), Unexpected::wrong_port);
  const IpAddress first = address_of("192.0.2.1");
  EXPECT_EQ(judged(policy, {}, to_address(first, 1)), Unexpected::none);
  for (const auto protocol : {PolicyProtocol::udp, PolicyProtocol::icmp, PolicyProtocol::sctp, PolicyProtocol::raw})
    EXPECT_EQ(judged(policy, {}, to_address(first, 1, protocol)), Unexpected::not_in_policy) << to_string(protocol);
  // what has no ports is not held against them
  const IpAddress second = address_of("198.51.100.1");
  EXPECT_EQ(judged(policy, {}, to_address(second, 0, PolicyProtocol::icmp)), Unexpected::none);
  EXPECT_EQ(judged(policy, {}, to_address(second, 0, PolicyProtocol::raw)), Unexpected::none);
  EXPECT_EQ(judged(policy, {}, to_address(second, 8, PolicyProtocol::sctp)), Unexpected::wrong_port);
}

TEST(Policy, ASectionHasItsOwnRulesAndThoseForEverybody) {
  const Policy policy = policy_of(R"(
allow:
  - {services: [entra]}
  - {hosts: [everybody.example]}
units:
  - unit: payroll.service
    allow:
      - {services: [key_vault]}
      - {hosts: [payroll.example]}
  - unit: web.service
    allow: [{hosts: [web.example, payroll.example], ports: [80]}]
)");
  const Subject payroll{.unit = "payroll.service"};
  const Subject web{.unit = "web.service"};
  const Subject stranger{.unit = "stranger.service"};
  const Contact entra{.host = "login.microsoftonline.com", .port = 443, .service = kEntra};
  for (const Subject& who : {payroll, web, stranger}) {
    EXPECT_EQ(judged(policy, who, entra), Unexpected::none);
    EXPECT_EQ(judged(policy, who, to_host("everybody.example")), Unexpected::none);
  }
  EXPECT_EQ(judged(policy, payroll, to_vault()), Unexpected::none);
  EXPECT_EQ(judged(policy, web, to_vault()), Unexpected::not_in_policy);
  EXPECT_EQ(judged(policy, stranger, to_vault()), Unexpected::not_in_policy);
  EXPECT_EQ(judged(policy, payroll, to_host("payroll.example")), Unexpected::none);
  EXPECT_EQ(judged(policy, web, to_host("payroll.example")), Unexpected::wrong_port);
  EXPECT_EQ(judged(policy, web, to_host("payroll.example", 80)), Unexpected::none);
  EXPECT_EQ(judged(policy, stranger, to_host("payroll.example")), Unexpected::not_in_policy);
}

TEST(PolicyProtocols, WordsCoverTheProtocolsOfIp) {
  EXPECT_EQ(policy_protocol(Protocol::tcp, false), PolicyProtocol::tcp);
  EXPECT_EQ(policy_protocol(Protocol::udp, false), PolicyProtocol::udp);
  EXPECT_EQ(policy_protocol(Protocol::sctp, false), PolicyProtocol::sctp);
  EXPECT_EQ(policy_protocol(Protocol::icmp, false), PolicyProtocol::icmp);
  EXPECT_EQ(policy_protocol(Protocol::icmpv6, true), PolicyProtocol::icmp);
  EXPECT_EQ(policy_protocol(Protocol::tcp, true), PolicyProtocol::raw);
  EXPECT_EQ(policy_protocol(Protocol{47}, false), PolicyProtocol::raw);
}

}  // namespace
}  // namespace egresswatch::classify
