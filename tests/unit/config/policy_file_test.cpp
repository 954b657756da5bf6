// SPDX-License-Identifier: Apache-2.0
#include "config/policy_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

namespace egresswatch::config {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string> kServices{"other", "key_vault", "entra", "app_config"};

PolicyNames names() {
  return {.services = kServices, .uid_of = [](const std::string& user) -> std::optional<std::uint32_t> {
            if (user == "backup") return 34;
            return std::nullopt;
          }};
}

std::string problems_of(std::string_view text) {
  const auto policy = parse_policy(text, "policy.yaml", names());
  return policy ? "" : policy.error().message;
}

TEST(PolicyFile, EveryKeyIsRead) {
  const auto policy = parse_policy(R"(
default: flag
allow:
  - services: [key_vault, app_config]
units:
  - unit: payroll.service
    slice: system.slice
    container: web
    process: java
    user: backup
    default: observe
    allow:
      - hosts: [Payroll.Vault.Azure.Net, "*.example.com"]
        addresses: [10.0.0.0/8, "2001:db8::1"]
        ports: [443, 8443]
        protocols: [tcp, udp]
  - user: "1000"
)",
                                   "policy.yaml", names());
  ASSERT_TRUE(policy) << policy.error().message;
  EXPECT_EQ(policy->mode, PolicyMode::flag);
  ASSERT_EQ(policy->allow.size(), 1U);
  EXPECT_EQ(policy->allow[0].services, (std::vector<ServiceId>{1, 3}));
  EXPECT_EQ(policy->allow[0].line, 4U);
  EXPECT_TRUE(policy->allow[0].ports.empty());
  EXPECT_EQ(policy->allow[0].protocols, PolicyProtocols(PolicyProtocol::tcp));

  ASSERT_EQ(policy->sections.size(), 2U);
  const PolicySection& section = policy->sections[0];
  EXPECT_EQ(section.line, 6U);
  EXPECT_EQ(section.who.unit, "payroll.service");
  EXPECT_EQ(section.who.slice, "system.slice");
  EXPECT_EQ(section.who.container, "web");
  EXPECT_EQ(section.who.process, "java");
  EXPECT_EQ(section.who.user, "backup");
  EXPECT_EQ(section.who.uid, 34U);
  EXPECT_EQ(section.mode, PolicyMode::observe);
  ASSERT_EQ(section.allow.size(), 1U);
  const PolicyRule& rule = section.allow[0];
  ASSERT_EQ(rule.hosts.size(), 2U);
  EXPECT_EQ(rule.hosts[0].to_string(), "payroll.vault.azure.net");
  EXPECT_EQ(rule.hosts[1].to_string(), "*.example.com");
  ASSERT_EQ(rule.addresses.size(), 2U);
  EXPECT_EQ(rule.addresses[0].to_string(), "10.0.0.0/8");
  EXPECT_EQ(rule.ports, (Ports{443, 8443}));
  EXPECT_TRUE(rule.protocols.contains(PolicyProtocol::udp));
  EXPECT_FALSE(rule.protocols.contains(PolicyProtocol::icmp));
  EXPECT_EQ(policy->sections[1].who.uid, 1000U);
  EXPECT_FALSE(policy->sections[1].mode.has_value());
}

TEST(PolicyFile, ResolversAreThoseOfTheHost) {
  const std::vector<IpAddress> resolvers{IpAddress::v4(10, 0, 0, 53), IpAddress::parse("2001:db8::53").value()};
  PolicyNames with_resolvers = names();
  with_resolvers.resolvers = resolvers;
  const auto policy = parse_policy("allow: [{resolvers: true}]", "policy.yaml", with_resolvers);
  ASSERT_TRUE(policy) << policy.error().message;
  const PolicyRule& rule = policy->allow.at(0);
  EXPECT_TRUE(rule.resolvers);
  ASSERT_EQ(rule.addresses.size(), 2U);
  EXPECT_EQ(rule.addresses[0].to_string(), "10.0.0.53");
  EXPECT_EQ(rule.addresses[1].to_string(), "2001:db8::53");
  EXPECT_EQ(rule.ports, Ports{53});
  EXPECT_TRUE(rule.protocols.contains(PolicyProtocol::udp));
  EXPECT_TRUE(rule.protocols.contains(PolicyProtocol::tcp));

  const auto over_tls = parse_policy("allow: [{resolvers: true, ports: [853], protocols: [tcp]}]", "p", with_resolvers);
  ASSERT_TRUE(over_tls);
  EXPECT_EQ(over_tls->allow.at(0).ports, Ports{853});
  EXPECT_FALSE(over_tls->allow.at(0).protocols.contains(PolicyProtocol::udp));
  EXPECT_THAT(problems_of("allow: [{resolvers: true, hosts: [a.example]}]"), HasSubstr("a rule of its own"));
  EXPECT_THAT(problems_of("allow: [{resolvers: false}]"), HasSubstr("expected true, or no such key"));
}

TEST(PolicyFile, AnEmptyFileObserves) {
  const auto policy = parse_policy("", "policy.yaml", names());
  ASSERT_TRUE(policy);
  EXPECT_EQ(*policy, PolicyOptions{});
}

TEST(PolicyFile, UnknownKeysAreToldWithTheirPlace) {
  EXPECT_EQ(problems_of("defalt: flag"), "policy.yaml:1: defalt: unknown key, did you mean default?");
  EXPECT_EQ(problems_of("units:\n  - unit: a\n    alow: []"),
            "policy.yaml:3: units[0].alow: unknown key, did you mean allow?");
  EXPECT_EQ(problems_of("allow:\n  - host: [a.example]\n    services: [entra]"),
            "policy.yaml:2: allow[0].host: unknown key, did you mean hosts?");
}

TEST(PolicyFile, RegularExpressionsAreNoHosts) {
  EXPECT_THAT(problems_of("allow:\n  - hosts: ['^.*\\.vault\\.azure\\.net$']"),
              HasSubstr("policy.yaml:2: allow[0].hosts[0]: expected a host pattern"));
  EXPECT_THAT(problems_of("allow:\n  - hosts: ['*']"), HasSubstr("a * must be followed by a dot and a domain"));
  EXPECT_THAT(problems_of("allow:\n  - hosts: ['(a|b).example']"), HasSubstr("expected a host pattern"));
  EXPECT_THAT(problems_of("allow:\n  - hosts: ['https://a.example/']"), HasSubstr("expected a host pattern"));
}

TEST(PolicyFile, BadAddressesAndPortsAreTold) {
  EXPECT_THAT(
      problems_of("allow:\n  - addresses: [10.0.0.0/33]"),
      HasSubstr("policy.yaml:2: allow[0].addresses[0]: expected an address or prefix (the length after / is out "
                "of range), found \"10.0.0.0/33\""));
  EXPECT_THAT(problems_of("allow:\n  - addresses: [10.0.0.1/8]"), HasSubstr("bits after the length are set"));
  EXPECT_THAT(problems_of("allow:\n  - {hosts: [a.example], ports: [0]}"), HasSubstr("allow[0].ports[0]"));
  EXPECT_THAT(problems_of("allow:\n  - {hosts: [a.example], ports: [65536]}"), HasSubstr("from 1 to 65535"));
  EXPECT_THAT(problems_of("allow:\n  - {hosts: [a.example], protocols: [quic]}"),
              HasSubstr("expected one of tcp, udp, icmp, sctp, raw"));
  EXPECT_THAT(problems_of("allow:\n  - {hosts: [a.example], protocols: []}"), HasSubstr("at least one protocol"));
}

TEST(PolicyFile, ServicesAndUsersMustExist) {
  EXPECT_THAT(problems_of("allow: [{services: [keyvault]}]"), HasSubstr("did you mean key_vault?"));
  EXPECT_THAT(problems_of("allow: [{services: [other]}]"), HasSubstr("expected a service"));
  EXPECT_THAT(problems_of("units: [{user: nobody-here}]"),
              HasSubstr("units[0].user: expected a user of this host, by name or number, found \"nobody-here\""));
}

TEST(PolicyFile, WhatNamesNobodyOrNothingIsAProblem) {
  EXPECT_THAT(problems_of("units: [{default: flag}]"), HasSubstr("expected unit, slice, container, process or user"));
  EXPECT_THAT(problems_of("allow: [{ports: [443]}]"), HasSubstr("expected services, hosts, addresses or resolvers"));
  EXPECT_THAT(problems_of("units: [{unit: ''}]"), HasSubstr("1 to 255 characters"));
  EXPECT_THAT(problems_of("units: [{unit: " + std::string(256, 'a') + "}]"), HasSubstr("1 to 255 characters"));
  EXPECT_THAT(problems_of("default: deny"), HasSubstr("expected one of observe, flag"));
}

TEST(PolicyFile, EveryProblemIsToldAtOnce) {
  const std::string problems = problems_of("default: deny\nallow:\n  - hosts: ['*']\n  - ports: [1]\n");
  EXPECT_THAT(problems, HasSubstr("policy.yaml:1: default"));
  EXPECT_THAT(problems, HasSubstr("policy.yaml:3: allow[0].hosts[0]"));
  EXPECT_THAT(problems, HasSubstr("policy.yaml:4: allow[1]"));
}

TEST(PolicyFile, AFileThatIsNotThereIsTold) {
  const auto policy = load_policy("/nonexistent/policy.yaml", names());
  ASSERT_FALSE(policy);
  EXPECT_EQ(policy.error().code, ENOENT);
  EXPECT_THAT(policy.error().message, HasSubstr("/nonexistent/policy.yaml"));
}

TEST(PolicyFile, UsersOfThisHostAreKnown) {
  EXPECT_EQ(uid_of_user("root"), 0U);
  EXPECT_EQ(uid_of_user("no-such-user-here"), std::nullopt);
}

}  // namespace
}  // namespace egresswatch::config
