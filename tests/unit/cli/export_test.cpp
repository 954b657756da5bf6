// SPDX-License-Identifier: Apache-2.0
// Each format against a file that was read by a person; tests/lab/test_exported_*.py give these files to nft and squid.
#include "cli/export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fstream>
#include <ostream>
#include <sstream>

#include "unit/cli/export_fixture.h"

namespace egresswatch::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using Export = std::string (*)(const ExportInput&);
constexpr Export kFormats[] = {export_nftables, export_squid, export_azure_firewall, export_nsg};

struct Golden {
  const char* file;
  Export format;
  ExportInput (*input)();
};

void PrintTo(const Golden& golden, std::ostream* out) { *out << golden.file; }

class ExportedFile : public ::testing::TestWithParam<Golden> {};

TEST_P(ExportedFile, IsAsItWasRead) {
  std::ifstream file(std::string(GOLDEN) + "/" + GetParam().file);
  ASSERT_TRUE(file) << GetParam().file;
  std::ostringstream expected;
  expected << file.rdbuf();
  EXPECT_EQ(GetParam().format(GetParam().input()), expected.str());
}

INSTANTIATE_TEST_SUITE_P(All, ExportedFile,
                         ::testing::Values(Golden{"nftables.nft", export_nftables, test::export_sample},
                                           Golden{"nftables-tags.nft", export_nftables, test::export_sample_with_tags},
                                           Golden{"squid.golden", export_squid, test::export_sample},
                                           Golden{"azure-firewall.json", export_azure_firewall, test::export_sample},
                                           Golden{"nsg.json", export_nsg, test::export_sample},
                                           Golden{"nsg-tags.json", export_nsg, test::export_sample_with_tags}));

TEST(Export, NothingForAHostThatDidNothing) {
  for (const Export format : kFormats) EXPECT_EQ(format(ExportInput{}), "");
}

TEST(Export, NothingIfAllThatWasSeenWasUnexpected) {
  ExportInput input;
  input.observations = {test::observed("other", Function::none, "evil.example.net", "cron.service",
                                       [](Observation& seen) { seen.unexpected = Unexpected::not_in_policy; })};
  for (const Export format : kFormats) EXPECT_EQ(format(input), "");
}

// Names and units of the sample that try to be more than text.
TEST(Export, HostileNamesAreLeftOutAndCounted) {
  for (const Export format : kFormats) {
    const std::string text = format(test::export_sample());
    EXPECT_THAT(text, Not(HasSubstr("flush ruleset")));
    EXPECT_THAT(text, Not(HasSubstr("concat('y')")));
    EXPECT_THAT(text, HasSubstr("with a name that no host can have: 1"));
  }
}

TEST(Export, HostileUnitsStayOnTheirLine) {
  ExportInput input;
  input.observations = {
      test::observed("entra", Function::authentication, "login.live.com", "x\n}\nflush ruleset\n\xff\\")};
  input.addresses = {test::at("entra", "login.live.com", "192.0.2.1")};
  for (const Export format : kFormats) {
    const std::string text = format(input);
    EXPECT_THAT(text, Not(HasSubstr("\nflush ruleset")));
    EXPECT_THAT(text, Not(HasSubstr("\xff")));
    EXPECT_THAT(text, Not(HasSubstr("\\\n")));
  }
  EXPECT_THAT(export_nftables(input), HasSubstr(R"(#   login.live.com, for x\x0a}\x0aflush ruleset\x0a\xff\.)"));
}

TEST(Export, WildcardsAreNeverMadeUp) {
  for (const Export format : kFormats) EXPECT_THAT(format(test::export_sample()), Not(HasSubstr("*.")));
}

TEST(Export, ManyAddressesAreCutIntoRules) {
  ExportInput input;
  input.observations = {test::observed("graph", Function::graph, "graph.microsoft.com", "a.service")};
  for (unsigned i = 0; i < 4001; ++i)
    input.addresses.push_back({"graph", "graph.microsoft.com",
                               IpAddress::v4(198, 51, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)),
                               1});
  const boost::json::value arm = boost::json::parse(export_nsg(input));
  const auto& rules = arm.at("resources").as_array();
  ASSERT_EQ(rules.size(), 3U);
  const auto addresses = [&](std::size_t i) {
    return rules[i].at("properties").at("destinationAddressPrefixes").as_array().size();
  };
  EXPECT_EQ(addresses(0), 4000U);
  EXPECT_EQ(addresses(1), 1U);
  EXPECT_EQ(rules[1].at("name").as_string(),
            "[concat(parameters('networkSecurityGroupName'), '/egresswatch-graph-tcp-443-v4-2')]");
  EXPECT_EQ(rules[0].at("properties").at("priority").as_int64(), 100);
  EXPECT_EQ(rules[1].at("properties").at("priority").as_int64(), 110);
}

TEST(Export, MoreRulesThanANetworkSecurityGroupHasAreCounted) {
  ExportInput input;
  input.addresses = {test::at("other", "a.example", "192.0.2.1")};
  for (unsigned port = 1; port <= 4000; ++port)
    input.observations.push_back(
        test::observed("other", Function::none, "a.example", "scan.service",
                       [&](Observation& seen) { seen.port = static_cast<std::uint16_t>(port); }));
  const boost::json::value arm = boost::json::parse(export_nsg(input));
  const auto& rules = arm.at("resources").as_array();
  ASSERT_EQ(rules.size(), 3997U);  // and the one that denies the rest
  EXPECT_EQ(rules[3995].at("properties").at("priority").as_int64(), 4095);
  EXPECT_EQ(rules[3996].at("properties").at("priority").as_int64(), 4096);
  EXPECT_EQ(arm.at("metadata").at("notInHere").at(0).as_string(),
            "rules beyond those that a network security group can have: 4");
}

TEST(Export, DescriptionsOfNetworkSecurityGroupsAreShort) {
  ExportInput input;
  for (unsigned i = 0; i < 100; ++i)
    input.observations.push_back(test::observed("graph", Function::graph,
                                                "graph" + std::to_string(i) + ".microsoft.com", std::string(200, 'u'),
                                                [](Observation& seen) { seen.established = 0; }));
  input.addresses = {test::at("graph", "graph0.microsoft.com", "192.0.2.1")};
  const boost::json::value arm = boost::json::parse(export_nsg(input));
  EXPECT_EQ(arm.at("resources").at(0).at("properties").at("description").as_string().size(), 140U);
}

}  // namespace
}  // namespace egresswatch::cli
