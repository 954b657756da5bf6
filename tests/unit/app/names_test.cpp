// SPDX-License-Identifier: Apache-2.0
// What a destination is called, and under which labels its connections are counted.
#include "unit/app/pipeline_fixture.h"

namespace egresswatch::test {
namespace {

using NamesTest = PipelineTest;

TEST_F(NamesTest, WhatThisProcessAskedForComesBeforeWhatOthersDid) {
  resolve("fabrikam.vault.azure.net", {"203.0.113.1"}, 100);
  now_ += kSecond;
  resolve("contoso.vault.azure.net", {"203.0.113.1"}, 200);
  connect({.id = 1, .pid = 100});
  connect({.id = 2, .pid = 200});
  EXPECT_EQ(attempts("key_vault", "fabrikam.vault.azure.net"), 1U);
  EXPECT_EQ(attempts("key_vault", "contoso.vault.azure.net"), 1U);
  EXPECT_EQ(named_by(NameSource::dns_process), 2U);
}

TEST_F(NamesTest, ElseTheNewestOfTheHost) {
  resolve("fabrikam.vault.azure.net", {"203.0.113.1"}, 100);
  now_ += kSecond;
  resolve("contoso.vault.azure.net", {"203.0.113.1"}, 200);
  connect({.pid = 300});
  EXPECT_EQ(attempts("key_vault", "contoso.vault.azure.net"), 1U);
  EXPECT_EQ(named_by(NameSource::dns_host), 1U);
}

TEST_F(NamesTest, QuestionNameAndNotTheTargetOfItsCname) {
  ask(kVault);
  answer(DnsWireBuilder::answer(kVault)
             .cname(kVault, "data-prod-weu.vaultcore.azure.net")
             .cname("data-prod-weu.vaultcore.azure.net", "azkms-prod-weu.privatelink.msidentity.com")
             .address("azkms-prod-weu.privatelink.msidentity.com", "203.0.113.1"));
  open({});
  EXPECT_EQ(attempts("key_vault", kVault), 1U);
  EXPECT_EQ(totals().attempts, 1U);
  EXPECT_EQ(last_connection().host, kVault);
}

TEST_F(NamesTest, EveryAddressOfAnAnswer) {
  resolve(kEntra, {"203.0.113.1", "203.0.113.2", "2001:db8::1"});
  connect({.id = 1, .remote = "203.0.113.2"});
  connect({.id = 2, .remote = "2001:db8::1"});
  EXPECT_EQ(attempts("entra", kEntra), 2U);
}

TEST_F(NamesTest, UnmatchedAnswerTeachesNothing) {
  answer(DnsWireBuilder::answer(kVault).address(kVault, "203.0.113.1"));
  open({});
  EXPECT_EQ(attempts("key_vault", kVault), 0U);
  EXPECT_EQ(attempts("other", "other"), 1U);
  EXPECT_EQ(pipeline().dns().tracker().counters().unmatched, 1U);
  EXPECT_TRUE(sink_.dns().empty());
}

TEST_F(NamesTest, AnswerWithAnotherIdTeachesNothing) {
  ask(kVault, 100, 1);
  answer(DnsWireBuilder::answer(kVault, DnsWireBuilder::kA, 0, 2).address(kVault, "203.0.113.1"));
  connect({});
  EXPECT_EQ(attempts("other", "other"), 1U);
}

TEST_F(NamesTest, AnswerFromAnotherResolverTeachesNothing) {
  ask(kVault);
  send_dns(DnsWireBuilder::answer(kVault).address(kVault, "203.0.113.1").bytes(),
           {.egress = false, .resolver = "192.0.2.66"});
  connect({});
  EXPECT_EQ(attempts("other", "other"), 1U);
}

TEST_F(NamesTest, InstanceMetadataHasNoNameAndIsKnownByItsAddress) {
  open({.remote = "169.254.169.254", .port = 80});
  EXPECT_EQ(attempts("imds", "imds"), 1U);
  EXPECT_EQ(last_connection().service, "imds");
  EXPECT_EQ(last_connection().host, "");
  EXPECT_EQ(named_by(NameSource::none), 1U);
}

TEST_F(NamesTest, AddressRuleHoldsOnItsPortOnly) {
  connect({.remote = "169.254.169.254", .port = 8080});
  EXPECT_EQ(attempts("other", "other"), 1U);
}

TEST_F(NamesTest, AddressRuleHoldsEvenIfTheAddressHasAStrangersName) {
  resolve("metadata.example.com", {"169.254.169.254"});
  connect({.remote = "169.254.169.254", .port = 80});
  EXPECT_EQ(attempts("imds", "imds"), 1U);
}

TEST_F(NamesTest, UnknownNameIsNoLabelButIsReported) {
  resolve("www.example.com", {"203.0.113.1"});
  open({});
  EXPECT_EQ(attempts("other", "other"), 1U);
  EXPECT_EQ(last_connection().service, "other");
  EXPECT_EQ(last_connection().host, "www.example.com");
  for (const auto& row : snapshot().connections) EXPECT_NE(row.host, "www.example.com");
}

TEST_F(NamesTest, NameThatCameAfterTheDestinationWasSettledIsReportedAndTheCountsStay) {
  connect({});
  settle();
  resolve(kVault, {"203.0.113.1"});
  establish({});
  close({});
  EXPECT_EQ(last_connection().host, kVault);
  EXPECT_EQ(totals(), (Totals{.attempts = 1, .established = 1}));
  EXPECT_EQ(attempts("other", "other"), 1U);
}

TEST_F(NamesTest, NameThatComesBeforeTheDestinationIsSettledIsItsName) {
  connect({});
  resolve(kVault, {"203.0.113.1"});
  establish({});
  EXPECT_EQ(attempts("key_vault", kVault), 1U);
}

TEST_F(NamesTest, LocalProxyHasTheNameOfItsOwnProcessOnly) {
  resolve("blocked.vault.azure.net", {"127.0.0.1"}, 100);
  connect({.id = 1, .remote = "127.0.0.1", .pid = 200});
  EXPECT_EQ(attempts("key_vault", "blocked.vault.azure.net"), 0U);
  connect({.id = 2, .remote = "127.0.0.1", .pid = 100});
  EXPECT_EQ(attempts("key_vault", "blocked.vault.azure.net"), 1U);
}

TEST_F(NamesTest, NameIsForgottenAfterItsTime) {
  resolve(kVault, {"203.0.113.1"}, 100, 300);
  now_ += 301 * kSecond;
  connect({});
  EXPECT_EQ(attempts("other", "other"), 1U);
}

TEST_F(NamesTest, ShortTtlIsRaisedToTheFloor) {
  resolve(kVault, {"203.0.113.1"}, 100, 1);
  now_ += 59 * kSecond;
  connect({.id = 1});
  EXPECT_EQ(attempts("key_vault", kVault), 1U);
}

TEST_F(NamesTest, OpenConnectionKeepsItsNameForOthers) {
  resolve(kVault, {"203.0.113.1"}, 100, 300);
  open({.id = 1});
  now_ += 3600 * kSecond;
  connect({.id = 2});
  EXPECT_EQ(attempts("key_vault", kVault), 2U);
}

TEST_F(NamesTest, ClosedConnectionLetsGoOfItsName) {
  resolve(kVault, {"203.0.113.1"}, 100, 300);
  open({.id = 1});
  close({.id = 1});
  now_ += 3600 * kSecond;
  connect({.id = 2});
  EXPECT_EQ(attempts("key_vault", kVault), 1U);
  EXPECT_EQ(attempts("other", "other"), 1U);
}

TEST_F(NamesTest, FailedConnectionLetsGoOfItsName) {
  resolve(kVault, {"203.0.113.1"}, 100, 300);
  connect({.id = 1});
  fail({.id = 1}, ECONNREFUSED);
  feed(connect_failed({.id = 2}, now_, -EACCES));
  now_ += 3600 * kSecond;
  connect({.id = 3});
  EXPECT_EQ(attempts("key_vault", kVault), 2U);
  EXPECT_EQ(attempts("other", "other"), 1U);
}

TEST_F(NamesTest, TwoHoldersOfANameLetGoOneByOne) {
  resolve(kVault, {"203.0.113.1"}, 100, 300);
  open({.id = 1});
  open({.id = 2});
  close({.id = 1});
  now_ += 3600 * kSecond;
  connect({.id = 3});
  EXPECT_EQ(attempts("key_vault", kVault), 3U);
}

}  // namespace
}  // namespace egresswatch::test
