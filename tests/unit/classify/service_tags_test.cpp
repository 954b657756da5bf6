// SPDX-License-Identifier: Apache-2.0
// Service tags beside the catalog: the second opinion.
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "builtin_catalog.h"

namespace egresswatch::classify {
namespace {

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }
HostPattern host(std::string_view text) { return HostPattern::parse(text).value(); }
IpPrefix prefix(std::string_view text) { return IpPrefix::parse(text).value(); }

ServiceTags sample() {
  ServiceTags tags;
  tags.tags = {{"AzureKeyVault", id_of(BuiltinService::key_vault), {prefix("192.0.2.0/28")}},
               {"AzureKeyVault.WestUS", id_of(BuiltinService::key_vault), {prefix("192.0.2.0/30")}, true},
               {"AzureActiveDirectory", id_of(BuiltinService::entra), {prefix("198.51.100.0/24")}}};
  tags.entra_hosts = {{host("becws.microsoftonline.com"), false},
                      {host("*.phonefactor.net"), true},
                      {host("graph.microsoft.com"), false},
                      {host("login.microsoftonline.com"), true},
                      {host("adfs.example.com"), false}};
  return tags;
}

ClassifyOptions own_hosts() {
  ClassifyOptions options;
  options.hosts = {{id_of(BuiltinService::entra), host("adfs.example.com")}};
  return options;
}

class ServiceTagsTest : public ::testing::Test {
 protected:
  [[nodiscard]] bool outside(std::string_view name, std::string_view at) const {
    return classifier_.outside_service_tag(classifier_.by_name(name, 443), address(at));
  }

  const Classifier classifier_ = compiled(builtin_catalog(), own_hosts(), sample());
};

TEST_F(ServiceTagsTest, AnAddressHasTheServiceOfItsTag) {
  EXPECT_EQ(classifier_.by_service_tag(address("192.0.2.1")),
            (TagMatch{id_of(BuiltinService::key_vault), "AzureKeyVault.WestUS"}));
  EXPECT_EQ(classifier_.by_service_tag(address("192.0.2.15")),
            (TagMatch{id_of(BuiltinService::key_vault), "AzureKeyVault"}));
  EXPECT_EQ(classifier_.by_service_tag(address("192.0.2.16")), TagMatch{});
  EXPECT_EQ(builtin_classifier(Cloud::public_cloud).by_service_tag(address("192.0.2.1")), TagMatch{});
}

TEST_F(ServiceTagsTest, RulesByAddressStayApart) {
  EXPECT_EQ(classifier_.by_address(address("192.0.2.1"), 443).service, kOtherService);
  EXPECT_EQ(classifier_.by_address(address("169.254.169.254"), 80).service, id_of(BuiltinService::imds));
}

TEST_F(ServiceTagsTest, ANamedHostIsOutsideOnlyIfNoTagOfItsServiceHasTheAddress) {
  EXPECT_FALSE(outside("a.vault.azure.net", "192.0.2.1"));
  EXPECT_FALSE(outside("a.vault.azure.net", "192.0.2.9"));
  EXPECT_TRUE(outside("a.vault.azure.net", "192.0.2.16"));
  EXPECT_TRUE(outside("a.vault.azure.net", "198.51.100.1"));
  EXPECT_FALSE(outside("login.microsoftonline.com", "198.51.100.1"));
  EXPECT_TRUE(outside("login.microsoftonline.com", "203.0.113.1"));
}

TEST_F(ServiceTagsTest, NothingIsOutsideWhereNothingCanBeSaid) {
  for (const char* private_one : {"10.1.2.3", "192.168.0.4", "fd00::1", "127.0.0.1", "::1", "0.0.0.0", "::"})
    EXPECT_FALSE(outside("a.vault.azure.net", private_one)) << private_one;
  EXPECT_FALSE(outside("management.azure.com", "203.0.113.1"));
  EXPECT_FALSE(outside("graph.microsoft.com", "203.0.113.1"));
  EXPECT_FALSE(outside("www.example.com", "203.0.113.1"));
  EXPECT_FALSE(outside("aadcdn.msauth.net", "203.0.113.1"));
  EXPECT_FALSE(outside("login.live.com", "203.0.113.1"));
  // an own AD FS may be anywhere
  EXPECT_FALSE(outside("adfs.example.com", "203.0.113.1"));
}

TEST_F(ServiceTagsTest, HostsOfTheFeedAreEntra) {
  const Match exact = classifier_.by_name("becws.microsoftonline.com", 443);
  EXPECT_EQ(exact.service, id_of(BuiltinService::entra));
  EXPECT_EQ(exact.function, Function::authentication);
  EXPECT_EQ(exact.rule, "becws.microsoftonline.com");
  EXPECT_TRUE(exact.port_expected);
  EXPECT_FALSE(exact.legacy);
  EXPECT_FALSE(exact.untagged);
  EXPECT_FALSE(classifier_.by_name("becws.microsoftonline.com", 8443).port_expected);
  const Match wildcard = classifier_.by_name("pf.phonefactor.net", 443);
  EXPECT_EQ(wildcard.service, id_of(BuiltinService::entra));
  EXPECT_TRUE(wildcard.untagged);
  EXPECT_FALSE(outside("pf.phonefactor.net", "203.0.113.1"));
  EXPECT_TRUE(outside("becws.microsoftonline.com", "203.0.113.1"));
}

TEST_F(ServiceTagsTest, TheCatalogAndTheUserKnowBetterThanTheFeed) {
  EXPECT_EQ(classifier_.by_name("graph.microsoft.com", 443).service, id_of(BuiltinService::graph));
  EXPECT_FALSE(classifier_.by_name("login.microsoftonline.com", 443).untagged);
  EXPECT_TRUE(classifier_.by_name("adfs.example.com", 443).untagged);
}

TEST_F(ServiceTagsTest, HostsOfTheFeedAreNotAnnounced) {
  for (const ConfiguredHost& configured : classifier_.configured_hosts())
    EXPECT_NE(configured.host, "becws.microsoftonline.com");
  EXPECT_EQ(classifier_.configured_hosts().size(), compiled(builtin_catalog(), own_hosts()).configured_hosts().size());
}

TEST_F(ServiceTagsTest, ContradictionsAreRefused) {
  ServiceTags contradiction = sample();
  contradiction.tags.push_back({"AzureResourceManager", id_of(BuiltinService::arm), {prefix("192.0.2.0/31")}});
  const auto classifier = Classifier::compile(builtin_catalog(), {}, contradiction);
  ASSERT_FALSE(classifier);
  EXPECT_EQ(classifier.error().message,
            "service tag AzureResourceManager: 192.0.2.0/31 is also in 192.0.2.0/30 of AzureKeyVault.WestUS, which "
            "stands for another service");
}

}  // namespace
}  // namespace egresswatch::classify
