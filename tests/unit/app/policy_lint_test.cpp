// SPDX-License-Identifier: Apache-2.0
#include "app/policy_lint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/policy_file.h"
#include "unit/app/pipeline_fixture.h"

namespace egresswatch::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> lint(std::string_view text) {
  const auto classifier = compile();
  const std::vector<IpAddress> resolvers{IpAddress::v4(10, 0, 0, 53)};
  auto policy = config::parse_policy(
      text, "policy.yaml", {.services = classifier->services(), .uid_of = config::uid_of_user, .resolvers = resolvers});
  EXPECT_TRUE(policy) << policy.error().message;
  const auto catalog = config::parse_catalog(classify::embedded_catalog(), "catalog.yaml");
  std::vector<std::string> lines;
  for (const auto& [line, message] : app::lint_policy(*policy, *classifier, {}, catalog.value()))
    lines.push_back(std::to_string(line) + ": " + message);
  return lines;
}

TEST(PolicyLint, ASoundPolicyHasNoFindings) {
  EXPECT_THAT(lint(R"(
default: flag
allow:
  - services: [entra, imds]
  - resolvers: true
units:
  - unit: payroll.service
    allow:
      - hosts: [payroll.vault.azure.net, db.example.com, "*.debian.org"]
      - addresses: [10.0.0.0/8, "2001:db8::/32"]
        ports: [5432]
  - unit: "session-*.scope"
    default: observe
)"),
              IsEmpty());
}

TEST(PolicyLint, APolicyWithoutEffectIsTold) {
  EXPECT_THAT(lint("allow: [{services: [entra]}]"),
              ElementsAre("1: nothing is flagged: `default` is observe everywhere, so that the rules have no effect"));
}

TEST(PolicyLint, SectionsThatAreNeverUsedAreTold) {
  EXPECT_THAT(lint(R"(default: flag
units:
  - unit: "session-*"
  - unit: session-3.scope
  - unit: "session-*.scope"
    user: root
  - user: root
  - user: root
    process: ssh
)"),
              ElementsAre("4: never used: the section in line 3 comes first and fits whatever this one fits",
                          "5: never used: the section in line 3 comes first and fits whatever this one fits",
                          "8: never used: the section in line 7 comes first and fits whatever this one fits"));
}

TEST(PolicyLint, NarrowSectionsInFrontOfBroadOnesAreFine) {
  EXPECT_THAT(lint("default: flag\nunits: [{unit: a1.service}, {unit: \"a*\", user: root}, {unit: \"a*\"}]"),
              IsEmpty());
}

TEST(PolicyLint, WhatAnotherRuleAllowsIsTold) {
  EXPECT_THAT(lint(R"(default: flag
allow:
  - hosts: ["*.example.com"]
units:
  - unit: a.service
    allow:
      - hosts: [www.example.com]
        ports: [443]
      - hosts: ["*.eu.example.com", www.example.org]
      - hosts: [www.example.org]
      - addresses: [10.0.0.0/8]
      - addresses: [10.1.0.0/16, 192.0.2.1]
        ports: [443]
  - unit: b.service
    allow:
      - hosts: [www.example.org]
)"),
              ElementsAre("7: www.example.com is allowed by *.example.com in line 3 already",
                          "9: *.eu.example.com is allowed by *.example.com in line 3 already",
                          "10: www.example.org is allowed by www.example.org in line 9 already",
                          "12: 10.1.0.0/16 is allowed by 10.0.0.0/8 in line 11 already"));
}

TEST(PolicyLint, OtherPortsAndProtocolsAreNotShadowed) {
  EXPECT_THAT(lint(R"(default: flag
allow:
  - {hosts: ["*.example.com"], ports: [443]}
  - {hosts: [www.example.com], ports: [80, 443]}
  - {hosts: [www.example.com], protocols: [udp], ports: [443]}
  - {hosts: [ftp.example.com]}
  - {addresses: [10.1.0.0/16], ports: [80]}
  - {addresses: [10.0.0.0/8], ports: [443]}
)"),
              IsEmpty());
}

TEST(PolicyLint, WhatIsTooBroadIsTold) {
  EXPECT_THAT(lint(R"(default: flag
allow:
  - hosts: ["*.com"]
  - hosts: ["*.cloudapp.azure.com", "*.example.com"]
  - addresses: [0.0.0.0/0]
  - addresses: ["::/0"]
  - addresses: [64.0.0.0/7]
units:
  - unit: "*"
    allow: [{services: [entra]}]
)"),
              ElementsAre("3: *.com is too broad: anybody can have a name there",
                          "4: *.cloudapp.azure.com is too broad: anybody can have a name there",
                          "4: *.cloudapp.azure.com is allowed by *.com in line 3 already",
                          "4: *.example.com is allowed by *.com in line 3 already",
                          "5: 0.0.0.0/0 is too broad: a large part of all addresses",
                          "5: 0.0.0.0/0 is allowed by ::/0 in line 6 already",
                          "6: ::/0 is too broad: a large part of all addresses",
                          "7: 64.0.0.0/7 is too broad: a large part of all addresses",
                          "7: 64.0.0.0/7 is allowed by 0.0.0.0/0 in line 5 already",
                          "9: too broad: a section for unit * is for everybody; use `default` and `allow` of the file, "
                          "and no later section can be reached"));
}

TEST(PolicyLint, WrongCloudsMisspellingsAndOtherSlipsAreTold) {
  EXPECT_THAT(
      lint(R"(default: flag
allow:
  - hosts: [payroll.vault.azure.cn]
  - hosts: ["*.vault.usgovcloudapi.net"]
  - hosts: [login.microsftonline.com]
  - hosts: ["*.vualt.azure.net"]
  - hosts: [vault.azure.net]
  - hosts: [payroll.privatelink.vaultcore.azure.net]
  - hosts: [graph.windows.net]
)"),
      ElementsAre("3: payroll.vault.azure.cn is an endpoint of the cloud china, the configuration says public",
                  "4: *.vault.usgovcloudapi.net is an endpoint of the cloud usgov, the configuration says public",
                  "5: login.microsftonline.com is no host of the catalog, did you mean "
                  "login.microsoftonline.com?",
                  "6: *.vualt.azure.net is no host of the catalog, did you mean vault.azure.net?",
                  "7: vault.azure.net covers no vault: *.vault.azure.net does",
                  "8: payroll.privatelink.vaultcore.azure.net is a name of DNS answers only: clients ask for "
                  "the vault's own name, without privatelink",
                  "9: graph.windows.net is a retired name of graph"));
}

TEST(PolicyLint, FindingsAreBounded) {
  std::string text = "default: flag\nallow:\n";
  for (int i = 0; i < 3000; ++i) text += "  - hosts: [\"*.com\"]\n";
  EXPECT_EQ(lint(text).size(), app::kMaxFindings);
}

}  // namespace
}  // namespace egresswatch::test
