// SPDX-License-Identifier: Apache-2.0
// Answers as Azure gives them: what the chain says about a vault.
#include <gmock/gmock.h>

#include "unit/decode/parsed.h"

namespace egresswatch::decode {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kVault = "fabrikam.vault.azure.net";
constexpr auto kPrivate = "fabrikam.privatelink.vaultcore.azure.net";
constexpr auto kData = "data-prod-eus.vaultcore.azure.net";
constexpr auto kRegion = "data-prod-eus-region.vaultcore.azure.net";

TEST(DnsAzure, VaultWithoutPrivateEndpoint) {
  const Parsed parsed(DnsWireBuilder::answer(kVault)
                          .cname(kVault, kData, 60)
                          .cname(kData, kRegion, 45)
                          .address(kRegion, "20.62.134.76", 30)
                          .bytes());
  EXPECT_EQ(parsed.error, DnsError::none);
  EXPECT_EQ(parsed.message.question, kVault);
  EXPECT_THAT(parsed.cnames(), ElementsAre(kData, kRegion));
  EXPECT_THAT(parsed.addresses(), ElementsAre("20.62.134.76"));
  EXPECT_EQ(parsed.message.min_cname_ttl_s, 45U);
  EXPECT_EQ(parsed.message.addresses[0].ttl_s, 30U);
}

TEST(DnsAzure, PrivateEndpointSeenFromOutside) {
  const Parsed parsed(DnsWireBuilder::answer(kVault)
                          .cname(kVault, kPrivate)
                          .cname(kPrivate, kData)
                          .cname(kData, kRegion)
                          .address(kRegion, "20.62.134.76")
                          .bytes());
  EXPECT_EQ(parsed.error, DnsError::none);
  EXPECT_THAT(parsed.cnames(), ElementsAre(kPrivate, kData, kRegion));
  EXPECT_THAT(parsed.addresses(), ElementsAre("20.62.134.76"));
}

TEST(DnsAzure, PrivateEndpointSeenFromTheLinkedNetwork) {
  const Parsed parsed(DnsWireBuilder::answer(kVault).cname(kVault, kPrivate).address(kPrivate, "10.1.2.3", 10).bytes());
  EXPECT_EQ(parsed.error, DnsError::none);
  EXPECT_THAT(parsed.cnames(), ElementsAre(kPrivate));
  EXPECT_THAT(parsed.addresses(), ElementsAre("10.1.2.3"));
}

TEST(DnsAzure, LinkedZoneWithoutRecordIsNxdomainWithTheChain) {
  const Parsed parsed(DnsWireBuilder::answer(kVault, DnsWireBuilder::kA, 3).cname(kVault, kPrivate).bytes());
  EXPECT_EQ(parsed.error, DnsError::none);
  EXPECT_EQ(parsed.message.rcode, 3);
  EXPECT_THAT(parsed.cnames(), ElementsAre(kPrivate));
  EXPECT_THAT(parsed.addresses(), IsEmpty());
}

TEST(DnsAzure, VaultChainThatEndsInNamesOfEntra) {
  constexpr auto kEntra = "sin.prd.r.kv.aadg.msidentity.com";
  constexpr auto kAkamai = "sin.tm.prd.r.kv.aadg.akadns.net";
  const Parsed parsed(DnsWireBuilder::answer(kVault)
                          .cname(kVault, kData)
                          .cname(kData, kRegion)
                          .cname(kRegion, kEntra)
                          .cname(kEntra, kAkamai)
                          .address(kAkamai, "20.205.192.64")
                          .address(kAkamai, "13.67.8.104")
                          .address(kAkamai, "40.78.239.124")
                          .opt(1232)
                          .bytes());
  EXPECT_EQ(parsed.error, DnsError::none);
  EXPECT_EQ(parsed.message.question, kVault);
  EXPECT_THAT(parsed.cnames(), ElementsAre(kData, kRegion, kEntra, kAkamai));
  EXPECT_THAT(parsed.addresses(), ElementsAre("20.205.192.64", "13.67.8.104", "40.78.239.124"));
}

TEST(DnsAzure, EntraOverIpv6) {
  constexpr auto kLogin = "login.microsoftonline.com";
  constexpr auto kMso = "login.mso.msidentity.com";
  constexpr auto kAk = "ak.privatelink.msidentity.com";
  constexpr auto kTm = "www.tm.ak.prd.aadg.trafficmanager.net";
  const Parsed parsed(DnsWireBuilder::answer(kLogin, DnsWireBuilder::kAaaa)
                          .cname(kLogin, kMso)
                          .cname(kMso, kAk)
                          .cname(kAk, kTm)
                          .address(kTm, "2603:1006:2000::2")
                          .address(kTm, "2603:1007:200::8")
                          .bytes());
  EXPECT_EQ(parsed.error, DnsError::none);
  EXPECT_EQ(parsed.message.question_type, DnsWireBuilder::kAaaa);
  EXPECT_THAT(parsed.cnames(), ElementsAre(kMso, kAk, kTm));
  EXPECT_THAT(parsed.addresses(), ElementsAre("2603:1006:2000::2", "2603:1007:200::8"));
}

TEST(DnsAzure, SinkholeInTheMiddleOfTheChain) {
  constexpr auto kManager = "azkms-prod-cca-a.trafficmanager.net";
  const Parsed parsed(DnsWireBuilder::answer(kVault)
                          .cname(kVault, kRegion)
                          .cname(kRegion, kManager)
                          .address(kManager, "0.0.0.0", 10)
                          .bytes());
  EXPECT_EQ(parsed.error, DnsError::none);
  EXPECT_TRUE(parsed.message.addresses[0].address.is_unspecified());
  EXPECT_TRUE(parsed.message.addresses[0].address.is_v4());
}

}  // namespace
}  // namespace egresswatch::decode
