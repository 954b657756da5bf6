// SPDX-License-Identifier: Apache-2.0
#include "cli/policy_learn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/policy_diff.h"
#include "config/policy_file.h"

namespace egresswatch::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint64_t kNoonNs = 1'790'000'000'000'000'000;  // 2026-09-21T14:13:20Z

Observation seen(std::string_view unit, std::string_view service, std::string_view host, std::uint16_t port,
                 Protocol protocol = Protocol::tcp) {
  Observation observation;
  observation.service = service;
  observation.host = host;
  observation.protocol = protocol;
  observation.port = port;
  observation.unit = unit;
  observation.attempts = 2;
  observation.established = protocol == Protocol::tcp ? 2 : 0;
  observation.last_seen_ns = kNoonNs;
  return observation;
}

LearnInput input_of(std::vector<Observation> observations, std::vector<ObservedAddress> addresses = {}) {
  return {.observations = std::move(observations),
          .addresses = std::move(addresses),
          .machine = "build-7",
          .begin_ns = kNoonNs - 3'600'000'000'000,
          .end_ns = kNoonNs};
}

PolicyOptions parsed(const std::string& text) {
  static const std::vector<std::string> kServices{"other", "key_vault",  "managed_hsm", "entra",     "arm",
                                                  "graph", "revocation", "imds",        "wireserver"};
  auto policy = config::parse_policy(text, "policy.yaml", {.services = kServices, .uid_of = config::uid_of_user});
  EXPECT_TRUE(policy) << policy.error().message << "\n" << text;
  return policy ? *policy : PolicyOptions{};
}

TEST(PolicyLearn, EachUnitGetsWhatItUsed) {
  Observation failed = seen("payroll.service", "other", "old.example.com", 5432);
  failed.established = 0;
  const std::string text = learn_policy(input_of({seen("payroll.service", "entra", "login.microsoftonline.com", 443),
                                                  seen("payroll.service", "imds", "", 80),
                                                  seen("payroll.service", "key_vault", "payroll.vault.azure.net", 443),
                                                  seen("payroll.service", "other", "db.example.com", 5432), failed,
                                                  seen("web.service", "other", "ntp.example.com", 123, Protocol::udp),
                                                  seen("web.service", "other", "ntp.example.com", 443)}));
  EXPECT_EQ(text, R"(# What build-7 was seen to use from 2026-09-21T13:13:20.000000Z to 2026-09-21T14:13:20.000000Z.
# Read it before you trust it: what was there already when this was learned is in it, wanted or not.
default: flag
units:
  - unit: "payroll.service"
    allow:
      - services: [entra, imds]
      - hosts:
          - "payroll.vault.azure.net" # 2 connections
        ports: [443]
      - hosts:
          - "db.example.com" # 2 connections
          - "old.example.com" # 2 connections, none got through
        ports: [5432]
  - unit: "web.service"
    allow:
      - hosts:
          - "ntp.example.com" # 2 connections
        ports: [443]
      - hosts:
          - "ntp.example.com" # 2 connections
        ports: [123]
        protocols: [udp]
)");
  const PolicyOptions policy = parsed(text);
  EXPECT_EQ(policy.mode, PolicyMode::flag);
  ASSERT_EQ(policy.sections.size(), 2U);
  EXPECT_EQ(policy.sections[0].allow.size(), 3U);
  EXPECT_EQ(policy.sections[1].who.unit, "web.service");
}

TEST(PolicyLearn, WhatHasNoNameIsForSomebodyToDecide) {
  const std::string text = learn_policy(
      input_of({seen("scan.service", "other", "", 7), seen("web.service", "other", "", 53, Protocol::udp),
                seen("ping.service", "other", "", 0, Protocol::icmp)},
               {{.service = "other", .host = "", .address = IpAddress::v4(203, 0, 113, 9), .last_seen_ns = kNoonNs}}));
  EXPECT_THAT(text, HasSubstr("allow:\n  - resolvers: true\n"));
  EXPECT_THAT(text,
              HasSubstr("# 2 connections to addresses without a name, tcp port 7; such addresses of this host, of "
                        "any unit: 203.0.113.9\n"));
  EXPECT_THAT(text, HasSubstr("# 2 connections to addresses without a name, icmp; such"));
  for (const PolicySection& section : parsed(text).sections) EXPECT_TRUE(section.allow.empty()) << section.who.unit;
}

TEST(PolicyLearn, WhatWasFlaggedIsNotLearned) {
  Observation flagged = seen("web.service", "other", "exfil.example.com", 443);
  flagged.unexpected = Unexpected::not_in_policy;
  Observation information = seen("web.service", "key_vault", "a.vault.azure.net", 443);
  information.unexpected = Unexpected::outside_service_tag;
  const std::string text = learn_policy(input_of({flagged, information}));
  EXPECT_THAT(
      text,
      HasSubstr("# left out, since it was flagged (not_in_policy): exfil.example.com, port 443, 2 connections\n"));
  EXPECT_THAT(text, HasSubstr("- \"a.vault.azure.net\""));
  EXPECT_THAT(text, Not(HasSubstr("- \"exfil")));
}

TEST(PolicyLearn, HostileNamesStayWhereTheyAre) {
  const std::string unit = "a\"\n  - unit: \"\\u0041";
  const std::string text =
      learn_policy(input_of({seen(unit, "other", "ok.example.com", 443), seen(unit, "other", "not a name: [x]", 443),
                             seen(unit, "other", "x\ny.example.com", 443)}));
  const PolicyOptions policy = parsed(text);
  ASSERT_EQ(policy.sections.size(), 1U);
  EXPECT_EQ(policy.sections[0].who.unit, unit);
  ASSERT_EQ(policy.sections[0].allow.size(), 1U);
  EXPECT_EQ(policy.sections[0].allow[0].hosts.size(), 1U);
  EXPECT_THAT(text, HasSubstr("# left out: 4 connections to what is called by no host name\n"));
}

// The name of a process or of a delegated control group is its user's choice, and the first section that fits decides.
TEST(PolicyLearn, AUnitThatCallsItselfEveryUnitIsLeftOut) {
  const std::string text = learn_policy(
      input_of({seen("*", "other", "evil.example.com", 443), seen("pay*.service", "other", "evil.example.com", 443),
                seen("payroll.service", "other", "db.example.com", 5432)}));
  const PolicyOptions policy = parsed(text);
  ASSERT_EQ(policy.sections.size(), 1U);
  EXPECT_EQ(policy.sections[0].who.unit, "payroll.service");
  EXPECT_THAT(text, Not(HasSubstr("evil.example.com")));
  EXPECT_THAT(text, HasSubstr("  # left out, since * stands for any characters: the unit \"*\"\n"));
}

TEST(PolicyLearn, OfNothingNothingIsLearned) { EXPECT_EQ(learn_policy(input_of({})), ""); }

TEST(PolicyDiff, EachDifferenceIsALine) {
  PolicyDifference difference;
  difference.not_allowed.push_back(
      {seen("web.service", "other", "a.example.com", 443), Unexpected::not_in_policy, false});
  difference.not_allowed.push_back({seen("web.service", "other", "", 53, Protocol::udp), Unexpected::no_name, true});
  difference.unused_lines = {7};
  EXPECT_EQ(render_policy_diff(difference, "p.yaml"),
            "+ web.service other a.example.com:443/tcp, 2 times, last 2026-09-21T14:13:20.000000Z: not_in_policy\n"
            "? web.service other (no name):53/udp, 2 times, last 2026-09-21T14:13:20.000000Z: no_name, of some of the "
            "addresses that this can be\n"
            "- p.yaml:7: allows nothing that was seen\n");
  EXPECT_EQ(render_policy_diff({}, "p.yaml"), "what was seen and p.yaml agree\n");
}

}  // namespace
}  // namespace egresswatch::cli
