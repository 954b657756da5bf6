// SPDX-License-Identifier: Apache-2.0
// What is expected of this host, from the text of a policy to counters and reports.
#include <gtest/gtest.h>

#include "config/policy_file.h"
#include "harness/tls_wire.h"
#include "unit/app/pipeline_fixture.h"

namespace egresswatch::test {
namespace {

using egresswatch::testing::client_hello;

class ExpectationTest : public PipelineTest {
 protected:
  // Before the first record, or as a reload.
  void set_policy(std::string_view text) {
    auto options = config::parse_policy(text, "policy.yaml",
                                        {.services = rules_.classifier->services(), .uid_of = config::uid_of_user});
    ASSERT_TRUE(options) << options.error().message;
    rules_.policy = std::make_shared<const classify::Policy>(std::move(*options));
    pipeline().set_rules(rules_);
  }

  std::uint64_t unexpected(Unexpected reason, std::string_view unit = "sdk", std::string_view process = "sdk") {
    settle();
    const account::Snapshot now = pipeline().ledger().snapshot();
    for (const auto& row : now.unexpected)
      if (row.reason == reason && row.unit == unit && row.process == process) return row.count;
    return 0;
  }
  std::uint64_t all_unexpected() {
    settle();
    std::uint64_t sum = 0;
    for (const auto& row : pipeline().ledger().snapshot().unexpected) sum += row.count;
    return sum;
  }
};

TEST_F(ExpectationTest, WithoutAPolicyNothingIsUnexpected) {
  open({});
  EXPECT_EQ(all_unexpected(), 0U);
  EXPECT_EQ(last_connection().unexpected, Unexpected::none);
}

TEST_F(ExpectationTest, EachReasonHasARowAtZeroFromTheStart) {
  const account::Snapshot now = snapshot();
  ASSERT_EQ(now.unexpected.size(), kUnexpectedNames.size() - 1);
  for (const auto& row : now.unexpected) {
    EXPECT_EQ(row.unit, "other");
    EXPECT_EQ(row.process, "other");
    EXPECT_EQ(row.count, 0U);
  }
}

TEST_F(ExpectationTest, WhatAPolicyOnlyObservesIsNotUnexpected) {
  set_policy("default: observe\nallow: [{services: [key_vault]}]");
  open({});
  EXPECT_EQ(all_unexpected(), 0U);
}

TEST_F(ExpectationTest, AStrangerIsCountedOnceAndReportedWithEachOutcome) {
  set_policy("default: flag\nallow: [{services: [key_vault]}]");
  resolve("example.com", {"203.0.113.1"});
  open({});
  close({});
  EXPECT_EQ(unexpected(Unexpected::not_in_policy), 1U);
  EXPECT_EQ(all_unexpected(), 1U);
  ASSERT_EQ(sink_.connections().size(), 2U);
  EXPECT_EQ(sink_.connections()[0].verdict, Verdict::ok);
  EXPECT_EQ(sink_.connections()[0].unexpected, Unexpected::not_in_policy);
  EXPECT_FALSE(sink_.connections()[0].misses_private_endpoint);
  EXPECT_EQ(sink_.connections()[1].verdict, Verdict::closed);
  EXPECT_EQ(sink_.connections()[1].unexpected, Unexpected::not_in_policy);
}

TEST_F(ExpectationTest, AFailedTryIsUnexpectedToo) {
  set_policy("default: flag");
  resolve("example.com", {"203.0.113.1"});
  connect({});
  fail({}, ECONNREFUSED);
  EXPECT_EQ(unexpected(Unexpected::not_in_policy), 1U);
  EXPECT_EQ(last_connection().verdict, Verdict::failed);
  EXPECT_EQ(last_connection().unexpected, Unexpected::not_in_policy);
}

TEST_F(ExpectationTest, WhatIsAllowedIsExpected) {
  set_policy(
      "default: flag\nallow: [{services: [key_vault]}, {hosts: [\"*.example.com\"]}, {addresses: [192.0.2.0/24]}]");
  resolve(kVault, {"203.0.113.1"});
  resolve("www.example.com", {"203.0.113.2"});
  open({.id = 1, .remote = "203.0.113.1"});
  open({.id = 2, .remote = "203.0.113.2", .port = 8080});
  open({.id = 3, .remote = "192.0.2.9", .port = 22});
  EXPECT_EQ(all_unexpected(), 0U);
}

TEST_F(ExpectationTest, TheNameOnTheWireDecides) {
  set_policy("default: flag\nallow: [{services: [key_vault]}]");
  resolve(kVault, {"203.0.113.1"});
  connect({});
  feed(established({}, now_, 10 * kMs));
  feed(payload({}, now_, client_hello("exfil.example.com")));
  EXPECT_EQ(unexpected(Unexpected::not_in_policy), 1U);
}

TEST_F(ExpectationTest, AnAddressWithoutANameIsToldApart) {
  set_policy("default: flag\nallow: [{services: [key_vault]}]");
  open({});
  EXPECT_EQ(unexpected(Unexpected::no_name), 1U);
  EXPECT_EQ(all_unexpected(), 1U);
}

TEST_F(ExpectationTest, AServiceOnAnotherPortIsToldApart) {
  set_policy("default: flag\nallow: [{services: [key_vault]}]");
  resolve(kVault, {"203.0.113.1"});
  open({.port = 8443});
  EXPECT_EQ(unexpected(Unexpected::wrong_port), 1U);
}

TEST_F(ExpectationTest, AnEndpointOfAnotherCloudIsToldApart) {
  set_policy("default: flag\nallow: [{services: [key_vault, entra]}]");
  resolve("fabrikam.vault.azure.cn", {"203.0.113.1"});
  resolve("login.microsoftonline.us", {"203.0.113.2"});
  open({.id = 1, .remote = "203.0.113.1"});
  open({.id = 2, .remote = "203.0.113.2"});
  EXPECT_EQ(unexpected(Unexpected::other_cloud), 2U);
  EXPECT_EQ(all_unexpected(), 2U);
}

TEST_F(ExpectationTest, UnitsAreHeldAgainstTheirOwnSections) {
  set_policy(R"(
units:
  - unit: payroll
    default: flag
    allow: [{services: [key_vault]}]
  - process: scanner
    default: flag
)");
  resolve("example.com", {"203.0.113.1"});
  open({.id = 1, .pid = 1, .comm = "payroll"});
  open({.id = 2, .pid = 2, .comm = "scanner"});
  open({.id = 3, .pid = 3, .comm = "browser"});
  EXPECT_EQ(unexpected(Unexpected::not_in_policy, "payroll", "payroll"), 1U);
  EXPECT_EQ(unexpected(Unexpected::not_in_policy, "scanner", "scanner"), 1U);
  EXPECT_EQ(all_unexpected(), 2U);
}

TEST_F(ExpectationTest, WhatDoesNotLeaveTheHostIsExpected) {
  set_policy("default: flag");
  open({.remote = "127.0.0.1"});
  open({.id = 2, .remote = "::1"});
  EXPECT_EQ(all_unexpected(), 0U);
}

TEST_F(ExpectationTest, ConnectionsFromBeforeTheStartAreNotJudged) {
  set_policy("default: flag");
  feed(existing({}, now_));
  pipeline().on_batch_end();
  settle();
  EXPECT_EQ(all_unexpected(), 0U);
}

TEST_F(ExpectationTest, AReloadIsForWhatBeginsAfterwards) {
  set_policy("default: observe");
  connect({.id = 1});
  set_policy("default: flag");
  connect({.id = 2});
  EXPECT_EQ(unexpected(Unexpected::no_name), 1U);
}

constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kGre = 47;
constexpr std::uint8_t kSctp = 132;

TEST_F(ExpectationTest, FlowsOfOtherProtocolsAreToldWithTheirName) {
  resolve("ntp.example.com", {"203.0.113.1"});
  feed(flow({.id = 9, .port = 123}, now_, kUdp));
  ASSERT_EQ(sink_.flows().size(), 1U);
  const FlowReport& told = sink_.flows().back();
  EXPECT_EQ(told.service, "other");
  EXPECT_EQ(told.host, "ntp.example.com");
  EXPECT_EQ(told.name_source, NameSource::dns_process);
  EXPECT_EQ(told.unexpected, Unexpected::none);
  EXPECT_EQ(told.unit, "sdk");
  EXPECT_EQ(told.process, "sdk");
  EXPECT_EQ(told.pid, 100U);
  EXPECT_EQ(told.uid, 1000U);
  EXPECT_EQ(told.process_start_ns, 7 * kSecond);
  EXPECT_EQ(told.netns, kNetns);
  EXPECT_EQ(told.protocol, Protocol::udp);
  EXPECT_FALSE(told.raw_socket);
  EXPECT_EQ(told.remote.to_string(), "203.0.113.1:123");
  EXPECT_EQ(told.local.address.to_string(), "10.0.0.5");
  EXPECT_EQ(totals(), Totals{}) << "a flow is no connection";
}

TEST_F(ExpectationTest, FlowsAreHeldAgainstThePolicyOnce) {
  set_policy(R"(
default: flag
allow:
  - {hosts: [ntp.example.com], ports: [123], protocols: [udp]}
  - {addresses: [192.0.2.0/24], protocols: [icmp]}
)");
  resolve("ntp.example.com", {"203.0.113.1"});
  feed(flow({.id = 1, .port = 123}, now_, kUdp));
  feed(flow({.id = 2, .remote = "192.0.2.7", .port = 0}, now_, kIcmp, true));
  EXPECT_EQ(all_unexpected(), 0U);
  feed(flow({.id = 3, .port = 443}, now_, kUdp));
  EXPECT_EQ(unexpected(Unexpected::wrong_port), 1U);
  feed(flow({.id = 4, .remote = "198.51.100.1", .port = 9}, now_, kUdp));
  feed(flow({.id = 5, .remote = "198.51.100.1", .port = 9}, now_, kSctp));
  feed(flow({.id = 6, .remote = "198.51.100.1", .port = 0}, now_, kGre, true));
  feed(flow({.id = 7, .remote = "192.0.2.7", .port = 0}, now_, kTcp, true));
  EXPECT_EQ(unexpected(Unexpected::no_name), 4U);
  EXPECT_EQ(sink_.flows().back().unexpected, Unexpected::no_name);
  EXPECT_TRUE(sink_.flows().back().raw_socket);

  auto sum = flow({.id = 4, .remote = "198.51.100.1", .port = 9}, now_, kUdp);
  sum.first = 0;
  feed(sum);
  EXPECT_EQ(all_unexpected(), 5U) << "what follows is the same flow";
}

TEST_F(ExpectationTest, AFlowThatGoesOnIsOneAndAfterAPauseANewOne) {
  set_policy("default: flag");
  const Socket socket{.id = 4, .remote = "198.51.100.1", .port = 9};
  for (int i = 0; i < 100; ++i, now_ += 5 * kSecond) feed(flow(socket, now_, kUdp));
  EXPECT_EQ(all_unexpected(), 1U) << "the kernel tells a first packet after each sweep";
  feed(flow({.id = 5, .remote = "198.51.100.1", .port = 9}, now_, kUdp));
  feed(flow({.id = 4, .remote = "198.51.100.1", .port = 10}, now_, kUdp));
  EXPECT_EQ(all_unexpected(), 3U) << "another socket, another port";
  now_ += app::Flows::kForgottenNs;
  feed(flow(socket, now_, kUdp));
  EXPECT_EQ(all_unexpected(), 4U);
}

TEST_F(ExpectationTest, FlowsThatStayOnTheHostAreNobodysBusiness) {
  set_policy("default: flag");
  feed(flow({.remote = "127.0.0.53", .port = 53}, now_, kUdp));
  EXPECT_EQ(all_unexpected(), 0U);
  EXPECT_TRUE(sink_.flows().empty());
}

class ServiceTagTest : public ExpectationTest {
 protected:
  ServiceTagTest() {
    const auto prefix = [](std::string_view text) { return IpPrefix::parse(text).value(); };
    ServiceTags tags;
    tags.tags = {{"AzureKeyVault.WestUS", id_of(BuiltinService::key_vault), {prefix("203.0.113.0/28")}}};
    const auto catalog = config::parse_catalog(classify::embedded_catalog(), "catalog.yaml");
    rules_.classifier =
        std::make_shared<const classify::Classifier>(classify::Classifier::compile(catalog.value(), {}, tags).value());
  }
};

TEST_F(ServiceTagTest, AnAddressWithoutANameGetsItsService) {
  open({.remote = "203.0.113.1"});
  EXPECT_EQ(attempts("key_vault", "other"), 1U);
  EXPECT_EQ(named_by(NameSource::service_tag), 1U);
  EXPECT_EQ(last_connection().service, "key_vault");
  EXPECT_EQ(last_connection().function, Function::vault_operations);
  EXPECT_EQ(last_connection().host, "");
  EXPECT_EQ(last_connection().name_source, NameSource::service_tag);
  EXPECT_EQ(last_connection().evidence.service_tag, "AzureKeyVault.WestUS");
  open({.id = 2, .remote = "203.0.113.99"});
  EXPECT_EQ(attempts("other", "other"), 1U);
}

TEST_F(ServiceTagTest, ANameBeatsTheTag) {
  resolve("example.com", {"203.0.113.1"});
  open({.remote = "203.0.113.1"});
  EXPECT_EQ(attempts("other", "other"), 1U);
  EXPECT_EQ(last_connection().name_source, NameSource::dns_process);
}

TEST_F(ServiceTagTest, ANameOutsideItsTagIsToldAndNeverAFailure) {
  set_policy("default: flag\nallow: [{services: [key_vault, entra]}]");
  resolve(kVault, {"198.51.100.1"});
  resolve(kEntra, {"198.51.100.2"});
  open({.id = 1, .remote = "198.51.100.1"});
  EXPECT_EQ(unexpected(Unexpected::outside_service_tag), 1U);
  EXPECT_EQ(last_connection().unexpected, Unexpected::outside_service_tag);
  EXPECT_EQ(last_connection().verdict, Verdict::ok);
  EXPECT_EQ(totals().failed, 0U);
  open({.id = 2, .remote = "198.51.100.2"});
  EXPECT_EQ(all_unexpected(), 1U) << "no tag of Entra was loaded";
}

TEST_F(ServiceTagTest, InsideItsTagOrPrivateItIsExpected) {
  set_policy("default: flag\nallow: [{services: [key_vault]}]");
  resolve(kVault, {"203.0.113.1", "10.0.0.4"});
  open({.id = 1, .remote = "203.0.113.1"});
  open({.id = 2, .remote = "10.0.0.4"});
  open({.id = 3, .remote = "203.0.113.2"});
  EXPECT_EQ(all_unexpected(), 0U) << "the last one has no name, and the tag names its service";
}

class PrivateEndpointTest : public ExpectationTest {
 protected:
  static constexpr std::string_view kAlias = "fabrikam.privatelink.vaultcore.azure.net";

  void demand(std::vector<HostPattern> private_endpoints, std::vector<HostPattern> public_endpoints = {}) {
    ClassifyOptions options;
    options.private_endpoints = std::move(private_endpoints);
    options.public_endpoints = std::move(public_endpoints);
    rules_.classifier = compile(options);
  }
  static HostPattern pattern(std::string_view text) { return HostPattern::parse(text).value(); }

  void resolve_with_alias(std::string_view address) {
    ask(kVault);
    answer(DnsWireBuilder::answer(kVault).cname(kVault, kAlias).address(kAlias, address, 300));
  }
  void resolve_without_alias(std::string_view address) { resolve(kVault, {address}); }

  Resolution kind_of(std::string_view host) {
    for (const auto& row : snapshot().resolutions)
      if (row.host == host) return row.kind;
    return Resolution::none;
  }
  std::uint64_t public_answers() {
    for (const auto& row : snapshot().dns_failures)
      if (row.host == kVault && row.cause == DnsCause::public_answer_despite_private_link) return row.count;
    return 0;
  }
};

TEST_F(PrivateEndpointTest, TheGaugeHasTheKindOfTheLastAnswer) {
  resolve_with_alias("10.1.2.3");
  EXPECT_EQ(kind_of(kVault), Resolution::private_endpoint);
  resolve_with_alias("203.0.113.1");
  EXPECT_EQ(kind_of(kVault), Resolution::public_despite_private_link);
  resolve_without_alias("203.0.113.1");
  EXPECT_EQ(kind_of(kVault), Resolution::public_address);
  resolve_without_alias("0.0.0.0");
  EXPECT_EQ(kind_of(kVault), Resolution::sinkhole);
  ask(kVault);
  answer(DnsWireBuilder::answer(kVault, DnsWireBuilder::kA, 3).cname(kVault, kAlias));
  EXPECT_EQ(kind_of(kVault), Resolution::missing_record);
  ask(kVault);
  answer(DnsWireBuilder::answer(kVault, DnsWireBuilder::kA, 3));
  EXPECT_EQ(kind_of(kVault), Resolution::none);
}

TEST_F(PrivateEndpointTest, OfOtherServicesOnlyASinkholeIsTold) {
  resolve(kEntra, {"203.0.113.1"});
  EXPECT_EQ(kind_of(kEntra), Resolution::none);
  resolve(kEntra, {"0.0.0.0"});
  EXPECT_EQ(kind_of(kEntra), Resolution::sinkhole);
  resolve("example.com", {"0.0.0.0"});
  EXPECT_EQ(kind_of("other"), Resolution::none);
}

TEST_F(PrivateEndpointTest, ADemandedPrivateEndpointMakesPublicAnswersAndConnectionsWrong) {
  demand({pattern("*.vault.azure.net")});
  resolve_without_alias("203.0.113.1");
  EXPECT_EQ(public_answers(), 1U);
  EXPECT_EQ(sink_.dns().back().cause, DnsCause::public_answer_despite_private_link);
  EXPECT_TRUE(sink_.dns().back().demanded_only);
  open({.remote = "203.0.113.1"});
  EXPECT_EQ(unexpected(Unexpected::not_in_policy), 1U);
  EXPECT_TRUE(last_connection().misses_private_endpoint);

  resolve_without_alias("10.1.2.3");
  EXPECT_EQ(public_answers(), 1U);
  EXPECT_EQ(sink_.dns().back().cause, DnsCause::none);
  open({.id = 2, .remote = "10.1.2.3"});
  EXPECT_EQ(all_unexpected(), 1U);
}

TEST_F(PrivateEndpointTest, AnAnswerWithAnAliasIsWrongWithoutADemandToo) {
  resolve_with_alias("203.0.113.1");
  EXPECT_EQ(public_answers(), 1U);
  EXPECT_FALSE(sink_.dns().back().demanded_only);
  open({.remote = "203.0.113.1"});
  EXPECT_EQ(all_unexpected(), 0U);
}

TEST_F(PrivateEndpointTest, AHostOutsideOfThePrivateNetworkCanSaySo) {
  demand({pattern("*.vault.azure.net")}, {pattern(kVault)});
  resolve_with_alias("203.0.113.1");
  EXPECT_EQ(public_answers(), 0U);
  EXPECT_EQ(sink_.dns().back().cause, DnsCause::none);
  EXPECT_EQ(kind_of(kVault), Resolution::public_despite_private_link) << "what the answer says stays true";
  open({.remote = "203.0.113.1"});
  EXPECT_EQ(all_unexpected(), 0U);
}

}  // namespace
}  // namespace egresswatch::test
