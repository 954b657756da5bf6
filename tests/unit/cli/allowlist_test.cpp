// SPDX-License-Identifier: Apache-2.0
#include "cli/allowlist.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/tag_cover.h"
#include "unit/cli/export_fixture.h"

namespace egresswatch::cli {
namespace {

using test::at;
using test::observed;
using ::testing::ElementsAre;

IpAddress address(std::string_view text) { return *IpAddress::parse(text); }
IpPrefix prefix(std::string_view text) { return *IpPrefix::parse(text); }

TEST(HostName, IsWhatAHostMayBeCalled) {
  for (const char* name : {"login.live.com", "a", "xn--bcher-kva.example", "a_b.example", "1.example", "2001.db8"})
    EXPECT_TRUE(is_host_name(name)) << name;
  EXPECT_TRUE(is_host_name(std::string(63, 'a') + ".example"));
  for (const char* name : {"", ".", "a..b", ".a", "a.", "-a.example", "a-.example", "-n", "192.0.2.1", "1", "A.example",
                           "a b", "a;b", "*.example", "a/b", "[a]", "\xc3\xa4.example"})
    EXPECT_FALSE(is_host_name(name)) << name;
  EXPECT_FALSE(is_host_name(std::string(64, 'a') + ".example"));
  EXPECT_FALSE(is_host_name(std::string(250, 'a') + ".example"));
  EXPECT_FALSE(is_host_name(std::string_view("a\0b", 3)));
}

TEST(Allowlist, IsInTheOrderOfTheFirewallPageThenWhatUsersDefinedThenOther) {
  const Allowlist list = make_allowlist(test::export_sample());
  std::vector<std::string> services;
  for (const AllowedGroup& group : list.groups)
    services.push_back(group.service + " " + to_string(group.protocol) + " " + std::to_string(group.port));
  EXPECT_THAT(services, ElementsAre("entra tcp 443", "arm tcp 443", "graph tcp 443", "key_vault tcp 443",
                                    "managed_hsm tcp 443", "revocation tcp 80", "imds tcp 80", "wireserver tcp 80",
                                    "shop tcp 443", "shop tcp 8443", "other icmp 0", "other tcp 443", "other udp 123"));
  EXPECT_EQ(list.unexpected, 1U);
  EXPECT_EQ(list.no_host_names, 1U);
  EXPECT_EQ(list.summed_up, 1U);
  EXPECT_EQ(list.local, 0U);
}

TEST(Allowlist, JoinsUnitsAndAddressesOfOneHost) {
  const Allowlist list = make_allowlist(test::export_sample());
  const AllowedGroup& vaults = list.groups[3];
  EXPECT_EQ(vaults.function, Function::vault_operations);
  ASSERT_EQ(vaults.destinations.size(), 3U);
  EXPECT_EQ(vaults.destinations[0].host, "");
  EXPECT_THAT(vaults.destinations[0].addresses, ElementsAre(address("203.0.113.14")));
  const AllowedDestination& fabrikam = vaults.destinations[2];
  EXPECT_EQ(fabrikam.host, "fabrikam.vault.azure.net");
  EXPECT_THAT(fabrikam.units, ElementsAre("billing.service", "orders.service"));
  EXPECT_THAT(fabrikam.addresses, ElementsAre(address("203.0.113.10"), address("203.0.113.11")));
  EXPECT_TRUE(fabrikam.reached);
  EXPECT_FALSE(fabrikam.outside_service_tag);
  EXPECT_EQ(fabrikam.stage, Stage::none);
  EXPECT_EQ(fabrikam.cause, Cause::none);
}

TEST(Allowlist, KeepsWhatNeverGotThroughWithItsNewestCause) {
  ExportInput input;
  const auto failed = [](Stage stage, Cause cause, std::uint64_t time_ns) {
    return observed("graph", Function::graph, "graph.microsoft.com", "a", [&](Observation& seen) {
      seen.established = 0;
      seen.failed = 1;
      seen.last_stage = stage;
      seen.last_cause = cause;
      seen.last_seen_ns = time_ns;
    });
  };
  input.observations = {failed(Stage::connect, Cause::refused, 2), failed(Stage::connect, Cause::no_reply, 1)};
  AllowedDestination destination = make_allowlist(input).groups[0].destinations[0];
  EXPECT_FALSE(destination.reached);
  EXPECT_EQ(destination.stage, Stage::connect);
  EXPECT_EQ(destination.cause, Cause::refused);

  input.observations.push_back(observed("graph", Function::graph, "graph.microsoft.com", "b"));
  destination = make_allowlist(input).groups[0].destinations[0];
  EXPECT_TRUE(destination.reached);
  EXPECT_EQ(destination.stage, Stage::none);
}

TEST(Allowlist, WhatWasOpenBeforeTheHistoryBeganDidGetThrough) {
  ExportInput input;
  input.observations = {observed("graph", Function::graph, "graph.microsoft.com", "a", [](Observation& seen) {
    seen.attempts = 0;
    seen.established = 0;
  })};
  EXPECT_TRUE(make_allowlist(input).groups[0].destinations[0].reached);
}

TEST(Allowlist, OutsideAServiceTagIsInformation) {
  const Allowlist list = make_allowlist(test::export_sample());
  ASSERT_EQ(list.groups[0].destinations[0].host, "adfs.contoso.com");
  EXPECT_TRUE(list.groups[0].destinations[0].outside_service_tag);
}

TEST(Allowlist, NamesAreFoldedAndAddressesAsNamesAreAddresses) {
  ExportInput input;
  input.observations = {observed("entra", Function::authentication, "LOGIN.Live.com.", "a"),
                        observed("entra", Function::authentication, "login.live.com", "b"),
                        observed("other", Function::none, "192.0.2.7", "c")};
  const Allowlist list = make_allowlist(input);
  ASSERT_EQ(list.groups.size(), 2U);
  ASSERT_EQ(list.groups[0].destinations.size(), 1U);
  EXPECT_EQ(list.groups[0].destinations[0].host, "login.live.com");
  EXPECT_THAT(list.groups[0].destinations[0].units, ElementsAre("a", "b"));
  EXPECT_EQ(list.groups[1].destinations[0].host, "");
  EXPECT_THAT(list.groups[1].destinations[0].addresses, ElementsAre(address("192.0.2.7")));
}

TEST(Allowlist, WhatIsOnThisHostIsCountedOnly) {
  ExportInput input;
  input.observations = {observed("imds", Function::platform, "", "arc", [](Observation& seen) { seen.port = 40342; })};
  input.addresses = {at("imds", "", "127.0.0.1"), at("imds", "", "::1"), at("imds", "", "0.0.0.0")};
  const Allowlist list = make_allowlist(input);
  EXPECT_TRUE(list.groups.empty());
  EXPECT_EQ(list.local, 1U);
}

TEST(Allowlist, AServiceThatNobodyCanHaveDefinedIsLeftOut) {
  ExportInput input;
  for (const char* service : {"", "Shop", "a b", "1shop", "shop\n", "shop}"})
    input.observations.push_back(observed(service, Function::none, "a.example", "a"));
  input.observations.push_back(observed(std::string(41, 's'), Function::none, "a.example", "a"));
  const Allowlist list = make_allowlist(input);
  EXPECT_TRUE(list.groups.empty());
  EXPECT_EQ(list.no_host_names, 7U);
}

TEST(Platform, AnswersThisHostOnly) {
  for (const char* text : {"169.254.169.254", "168.63.129.16", "fe80::1"})
    EXPECT_TRUE(is_platform(address(text))) << text;
  for (const char* text : {"168.63.129.17", "10.0.0.1", "2001:db8::1"})
    EXPECT_FALSE(is_platform(address(text))) << text;
}

TEST(TagCover, KnowsTheServicesThatHaveATag) {
  EXPECT_EQ(service_tag("key_vault"), "AzureKeyVault");
  EXPECT_EQ(service_tag("entra"), "AzureActiveDirectory");
  EXPECT_EQ(service_tag("arm"), "AzureResourceManager");
  for (const char* service : {"managed_hsm", "graph", "revocation", "imds", "wireserver", "other", "shop"})
    EXPECT_EQ(service_tag(service), "") << service;
}

TEST(TagCover, TakesTheTagItselfAndNotItsRegions) {
  const TagCover cover(test::export_sample_with_tags().tags);
  EXPECT_THAT(cover.prefixes("key_vault"), ElementsAre(prefix("203.0.113.8/29"), prefix("2001:db8:4b56::/120")));
  EXPECT_TRUE(cover.contains("key_vault", address("203.0.113.15")));
  EXPECT_FALSE(cover.contains("key_vault", address("203.0.113.16")));
  EXPECT_FALSE(cover.contains("key_vault", address("203.0.113.7")));
  EXPECT_TRUE(cover.contains("key_vault", address("2001:db8:4b56::ff")));
  EXPECT_TRUE(cover.prefixes("arm").empty());
  EXPECT_FALSE(cover.contains("arm", address("203.0.113.8")));
  EXPECT_TRUE(cover.prefixes("shop").empty());
}

TEST(TagCover, TakesRegionsWhereThereIsNothingElse) {
  ServiceTags tags;
  tags.tags = {test::tag("AzureKeyVault.WestEurope", BuiltinService::key_vault, {"192.0.2.0/30"}),
               test::tag("AzureKeyVault.EastUS", BuiltinService::key_vault, {"192.0.2.8/30"}),
               test::tag("Microsoft365.56", BuiltinService::entra, {"198.51.100.0/24"})};
  const TagCover cover(tags);
  EXPECT_THAT(cover.prefixes("key_vault"), ElementsAre(prefix("192.0.2.0/30"), prefix("192.0.2.8/30")));
  EXPECT_THAT(cover.prefixes("entra"), ElementsAre(prefix("198.51.100.0/24")));
}

TEST(TagCover, PrefixesWithinOthersAreDropped) {
  EXPECT_THAT(
      without_contained({prefix("192.0.2.1"), prefix("192.0.2.0/24"), prefix("192.0.2.0/25"), prefix("192.0.3.0/24"),
                         prefix("192.0.2.0/24"), prefix("2001:db8::1"), prefix("2001:db8::/32")}),
      ElementsAre(prefix("192.0.2.0/24"), prefix("192.0.3.0/24"), prefix("2001:db8::/32")));
}

}  // namespace
}  // namespace egresswatch::cli
