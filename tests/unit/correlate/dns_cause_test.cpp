// SPDX-License-Identifier: Apache-2.0
#include "correlate/dns_cause.h"

#include <gtest/gtest.h>

#include "dns_messages.h"

namespace egresswatch::correlate {
namespace {

using test::AnswerMessage;

TEST(DnsCause, IsNoneForAnAddress) {
  EXPECT_EQ(dns_cause(AnswerMessage(1, "v.vault.azure.net", {"203.0.113.10"})), DnsCause::none);
}

TEST(DnsCause, NamesTheCodesOfFailures) {
  EXPECT_EQ(dns_cause(AnswerMessage(1, "x.example").code(2)), DnsCause::servfail);
  EXPECT_EQ(dns_cause(AnswerMessage(1, "x.example").code(3)), DnsCause::nxdomain);
  EXPECT_EQ(dns_cause(AnswerMessage(1, "x.example").code(5)), DnsCause::refused);
}

TEST(DnsCause, IsNoneForOtherCodes) { EXPECT_EQ(dns_cause(AnswerMessage(1, "x.example").code(1)), DnsCause::none); }

TEST(DnsCause, IsEmptyForTypeAWithoutAddresses) {
  EXPECT_EQ(dns_cause(AnswerMessage(1, "x.example")), DnsCause::empty);
}

TEST(DnsCause, IsNoneForOtherTypesWithoutAddresses) {
  EXPECT_EQ(dns_cause(AnswerMessage(1, "x.example", {}, 0, test::kAaaa)), DnsCause::none);
  EXPECT_EQ(dns_cause(AnswerMessage(1, "x.example", {}, 0, 65)), DnsCause::none);
}

TEST(DnsCause, IsNotEmptyWhenTheChainWasCut) {
  AnswerMessage answer(1, "x.example");
  answer.chain_complete = false;
  EXPECT_EQ(dns_cause(answer), DnsCause::none);
}

TEST(DnsCause, IsSinkholeForAddressesThatCannotBeReached) {
  for (const char* address : {"0.0.0.0", "127.0.0.1", "127.53.53.53", "240.0.0.1", "255.255.255.255", "::", "::1"})
    EXPECT_EQ(dns_cause(AnswerMessage(1, "v.vault.azure.net", {address})), DnsCause::sinkhole) << address;
  EXPECT_EQ(dns_cause(AnswerMessage(1, "v.vault.azure.net", {"203.0.113.10", "0.0.0.0"})), DnsCause::sinkhole);
}

TEST(DnsCause, IsNotSinkholeForAddressesNextToThose) {
  for (const char* address : {"1.0.0.0", "126.255.255.255", "128.0.0.1", "239.255.255.255", "::2"})
    EXPECT_EQ(dns_cause(AnswerMessage(1, "v.vault.azure.net", {address})), DnsCause::none) << address;
}

TEST(DnsCause, IsNotSinkholeForLocalhost) {
  EXPECT_EQ(dns_cause(AnswerMessage(1, "localhost", {"127.0.0.1"})), DnsCause::none);
  EXPECT_EQ(dns_cause(AnswerMessage(1, "app.localhost", {"::1"})), DnsCause::none);
  EXPECT_EQ(dns_cause(AnswerMessage(1, "notlocalhost", {"::1"})), DnsCause::sinkhole);
}

TEST(DnsCause, SeesAMissingPrivateRecordInTheChain) {
  EXPECT_EQ(dns_cause(AnswerMessage(1, "v.vault.azure.net").code(3).through({"v.privatelink.vaultcore.azure.net"})),
            DnsCause::private_record_missing);
  EXPECT_EQ(dns_cause(AnswerMessage(1, "h.managedhsm.azure.net")
                          .code(3)
                          .through({"h.example", "h.privatelink.managedhsm.azure.net", "later.example"})),
            DnsCause::private_record_missing);
}

TEST(DnsCause, SeesAMissingPrivateRecordInADirectQuestion) {
  EXPECT_EQ(dns_cause(AnswerMessage(1, "v.privatelink.vaultcore.azure.net").code(3)), DnsCause::private_record_missing);
}

TEST(DnsCause, SeesAPublicAnswerForAPrivateEndpoint) {
  for (const char* address : {"203.0.113.10", "2001:db8::10"})
    EXPECT_EQ(
        dns_cause(
            AnswerMessage(1, "v.vault.azure.net", {address}).through({"v.privatelink.vaultcore.azure.net", "d.x"})),
        DnsCause::public_answer_despite_private_link);
}

TEST(DnsCause, PrivateAnswersOfPrivateEndpointsAreAsTheyShouldBe) {
  for (const char* address : {"10.1.2.3", "172.16.0.4", "172.31.255.254", "192.168.1.1", "100.64.0.1", "fd00::1"})
    EXPECT_EQ(
        dns_cause(AnswerMessage(1, "v.vault.azure.net", {address}).through({"v.privatelink.vaultcore.azure.net"})),
        DnsCause::none)
        << address;
}

TEST(DnsCause, PublicAnswersOfOtherPrivateLinkZonesAreNormal) {
  EXPECT_EQ(
      dns_cause(
          AnswerMessage(1, "login.microsoftonline.com", {"203.0.113.1"}).through({"ak.privatelink.msidentity.com"})),
      DnsCause::none);
}

TEST(DnsCause, DoesNotTakeOtherPrivateLinkZonesForThat) {
  EXPECT_EQ(dns_cause(AnswerMessage(1, "login.microsoftonline.com")
                          .code(3)
                          .through({"login.mso.msidentity.com", "ak.privatelink.msidentity.com"})),
            DnsCause::nxdomain);
}

}  // namespace
}  // namespace egresswatch::correlate
