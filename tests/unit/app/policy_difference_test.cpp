// SPDX-License-Identifier: Apache-2.0
#include "app/policy_difference.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/policy_file.h"
#include "unit/app/pipeline_fixture.h"

namespace egresswatch::test {
namespace {

Observation seen(std::string_view unit, std::string_view service, std::string_view host, std::uint16_t port) {
  Observation observation;
  observation.service = service;
  observation.host = host;
  observation.port = port;
  observation.unit = unit;
  observation.attempts = 1;
  return observation;
}

cli::PolicyDifference compare(std::string_view text, const history::Contents& contents) {
  const auto classifier = compile();
  auto policy =
      config::parse_policy(text, "policy.yaml", {.services = classifier->services(), .uid_of = config::uid_of_user});
  EXPECT_TRUE(policy) << policy.error().message;
  return app::compare_policy(contents, classify::Policy(std::move(*policy)), *classifier);
}

TEST(PolicyDifference, WhatIsAllowedAndUsedIsNone) {
  history::Contents contents;
  contents.observations = {seen("a.service", "key_vault", "x.vault.azure.net", 443),
                           seen("a.service", "other", "db.example.com", 5432), seen("b.service", "imds", "", 80)};
  EXPECT_TRUE(compare(R"(
allow: [{services: [imds]}]
units:
  - unit: a.service
    allow:
      - services: [key_vault]
      - hosts: ["*.example.com"]
)",
                      contents)
                  .empty());
}

TEST(PolicyDifference, WhatIsNotAllowedIsToldWhetherThePolicyFlagsOrNot) {
  history::Contents contents;
  contents.observations = {seen("a.service", "key_vault", "x.vault.azure.net", 8443),
                           seen("a.service", "other", "db.example.com", 5432), seen("b.service", "other", "", 22)};
  const auto difference = compare("allow: [{services: [key_vault]}]", contents);
  ASSERT_EQ(difference.not_allowed.size(), 3U);
  EXPECT_EQ(difference.not_allowed[0].reason, Unexpected::wrong_port);
  EXPECT_EQ(difference.not_allowed[1].reason, Unexpected::not_in_policy);
  EXPECT_EQ(difference.not_allowed[1].seen.host, "db.example.com");
  EXPECT_EQ(difference.not_allowed[2].reason, Unexpected::no_name);
  EXPECT_FALSE(difference.not_allowed[2].some_addresses);
  EXPECT_EQ(difference.unused_lines, std::vector<std::size_t>{1});
}

TEST(PolicyDifference, AddressesDecideWhereNamesDoNot) {
  history::Contents contents;
  contents.observations = {seen("a.service", "other", "", 22)};
  contents.addresses = {{.service = "other", .host = "", .address = IpAddress::v4(10, 0, 0, 1), .last_seen_ns = 1}};
  EXPECT_TRUE(compare("allow: [{addresses: [10.0.0.0/8]}]", contents).empty());
  contents.addresses.push_back(
      {.service = "other", .host = "", .address = IpAddress::v4(203, 0, 113, 1), .last_seen_ns = 1});
  const auto difference = compare("allow: [{addresses: [10.0.0.0/8]}]", contents);
  ASSERT_EQ(difference.not_allowed.size(), 1U);
  EXPECT_TRUE(difference.not_allowed[0].some_addresses);
  EXPECT_TRUE(difference.unused_lines.empty());
}

TEST(PolicyDifference, RulesThatAllowNothingThatWasSeenAreTold) {
  history::Contents contents;
  contents.observations = {seen("a.service", "entra", "login.microsoftonline.com", 443)};
  const auto difference = compare(R"(allow:
  - services: [entra]
  - hosts: [a.example.com]
units:
  - unit: gone.service
    allow:
      - services: [arm]
)",
                                  contents);
  EXPECT_TRUE(difference.not_allowed.empty());
  EXPECT_EQ(difference.unused_lines, (std::vector<std::size_t>{3, 7}));
}

}  // namespace
}  // namespace egresswatch::test
