// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

#include "unit/app/control_fixture.h"

namespace egresswatch::test {
namespace {

using boost::json::object;
using cli::flag;
using cli::list;
using cli::member;
using cli::number;
using cli::text;
using publish::sample_connection;
using publish::sample_dns;
using publish::sample_failure;
using ::testing::EndsWith;
using ::testing::StartsWith;

class ExplainDocument : public ControlTest {
 protected:
  static ConnectionReport waiting() {
    ConnectionReport report = sample_failure(Stage::connect, Cause::no_reply);
    report.verdict = Verdict::pending;
    report.syn_retransmits = 2;
    return report;
  }
  // The kind, or the sentence where there is none.
  std::string resolution(DnsCause cause, std::vector<std::string_view> chain, std::vector<std::string_view> addresses,
                         std::string_view question = kVault) {
    std::vector<DnsMessage::Address> parsed;
    for (const auto address : addresses) parsed.push_back({IpAddress::parse(address).value(), 60});
    DnsReport report = at(1, sample_dns());
    report.question = question;
    report.cause = cause;
    report.cnames = chain;
    report.addresses = parsed;
    recent_.dns(report);
    const object found = member(explain(question), "host_resolution");
    return std::string(text(found, found.contains("kind") ? "kind" : "message"));
  }
};

TEST_F(ExplainDocument, ATargetThatWasNeverSeen) {
  const object& document = explain("nobody.vault.azure.net");
  EXPECT_EQ(number(document, "version"), 1U);
  EXPECT_FALSE(flag(document, "seen"));
  EXPECT_EQ(text(document, "verdict"), "never_seen");
  EXPECT_EQ(text(document, "message"),
            "nobody.vault.azure.net was not seen since the daemon started 100 s ago; it would be counted as key_vault");
  EXPECT_EQ(text(document, "service"), "key_vault");
  EXPECT_EQ(text(document, "function"), "vault_operations");
  EXPECT_EQ(text(document, "rule"), "*.vault.azure.net");
}

TEST_F(ExplainDocument, AStrangerThatWasNeverSeen) {
  const object& document = explain("www.example.com");
  EXPECT_THAT(text(document, "message"), EndsWith("successes of what the catalog does not name are not remembered"));
  EXPECT_EQ(text(document, "service"), "other");
  EXPECT_FALSE(document.contains("rule"));
}

TEST_F(ExplainDocument, HostileTargetsAreEscaped) {
  EXPECT_THAT(text(explain("a\x1b[31m\"b"), "message"), StartsWith(R"(a\x1b[31m"b was not seen)"));
}

TEST_F(ExplainDocument, CaseAndAFinalDotDoNotMatter) {
  happen(at(1, sample_connection()));
  EXPECT_TRUE(flag(explain("PROD.Vault.azure.net."), "seen"));
}

TEST_F(ExplainDocument, ItFails) {
  happen(at(10, sample_connection()));
  ConnectionReport failure = at(40, sample_failure(Stage::connect, Cause::refused, ECONNREFUSED));
  failure.evidence.rst_received = true;
  happen(at(30, sample_failure(Stage::connect, Cause::no_reply)));
  happen(failure);
  const object& document = explain(kVault);
  EXPECT_EQ(text(document, "verdict"), "failed");
  EXPECT_THAT(text(document, "message"),
              StartsWith("prod.vault.azure.net fails: connect/refused for sync.service 60 s ago: refused after 3.0 s"));
  ASSERT_EQ(list(document, "failures").size(), 2U);
  const object& newest = list(document, "failures")[0].as_object();
  EXPECT_EQ(text(newest, "cause"), "refused");
  EXPECT_EQ(text(newest, "error"), "ECONNREFUSED");
  EXPECT_TRUE(flag(member(newest, "evidence"), "rst_received"));
  EXPECT_EQ(text(list(document, "failures")[1].as_object(), "cause"), "no_reply");
  const object& success = member(document, "last_success");
  EXPECT_EQ(text(success, "time"), "2026-09-21T14:13:30.000000Z");
  EXPECT_EQ(text(success, "remote"), "20.1.2.3:443");
  EXPECT_EQ(text(success, "unit"), "sync.service");
  EXPECT_EQ(number(success, "connect_latency_ns"), 12'400'000U);
}

TEST_F(ExplainDocument, ItWorksAgain) {
  happen(at(30, sample_failure(Stage::connect, Cause::no_reply)));
  happen(at(40, sample_connection()));
  const object& document = explain(kVault);
  EXPECT_EQ(text(document, "verdict"), "ok");
  EXPECT_EQ(text(document, "message"),
            "prod.vault.azure.net works: connected 60 s ago for sync.service; before that it failed (connect/no_reply "
            "70 s ago)");
}

TEST_F(ExplainDocument, ItIsProbablyFailingNow) {
  happen(at(40, sample_connection()));
  pending_ = {waiting(), waiting()};
  ConnectionReport elsewhere = waiting();
  elsewhere.host = "other.vault.azure.net";
  pending_.push_back(elsewhere);
  const object& document = explain(kVault);
  EXPECT_EQ(text(document, "verdict"), "pending");
  EXPECT_THAT(text(document, "message"), StartsWith("prod.vault.azure.net is probably failing now: 2 connections wait "
                                                    "for sync.service, connect/no_reply: "));
  EXPECT_EQ(number(document, "pending_count"), 2U);
  EXPECT_EQ(list(document, "pending").size(), 2U);
}

TEST_F(ExplainDocument, PendingOnesAreBounded) {
  pending_.assign(20, waiting());
  EXPECT_EQ(number(explain(kVault), "pending_count"), 20U);
  EXPECT_EQ(list(explain(kVault), "pending").size(), 8U);
}

TEST_F(ExplainDocument, ItCannotBeResolved) {
  happen(at(30, sample_connection()));
  DnsReport a = at(40, sample_dns());
  a.rcode = 3;
  a.cause = DnsCause::nxdomain;
  a.address_count = 0;
  DnsReport aaaa = at(41, a);
  aaaa.question_type = 28;
  happen(a);
  happen(aaaa);
  const object& document = explain(kVault);
  EXPECT_EQ(text(document, "verdict"), "failed");
  EXPECT_THAT(
      text(document, "message"),
      StartsWith("prod.vault.azure.net cannot be resolved: dns/nxdomain for sync.service 60 s ago: A NXDOMAIN"));
  const object& newest = list(document, "dns")[0].as_object();
  EXPECT_EQ(text(newest, "type"), "AAAA");
  EXPECT_EQ(text(newest, "rcode"), "NXDOMAIN");
  EXPECT_EQ(text(newest, "cause"), "nxdomain");
  EXPECT_EQ(number(newest, "age_s"), 59U);
  EXPECT_EQ(text(newest, "resolver"), "127.0.0.53:53");
}

TEST_F(ExplainDocument, OneFamilyThatCannotBeResolvedIsNoFailure) {
  DnsReport aaaa = at(41, sample_dns());
  aaaa.question_type = 28;
  aaaa.cause = DnsCause::servfail;
  aaaa.address_count = 0;
  happen(at(40, sample_dns()));
  happen(aaaa);
  EXPECT_EQ(text(explain(kVault), "verdict"), "unknown");
  EXPECT_EQ(text(explain(kVault), "message"),
            "prod.vault.azure.net was resolved; no outcome of a connection is remembered");
}

TEST_F(ExplainDocument, GivenUpByTheClient) {
  ConnectionReport report = at(3, sample_connection());
  report.verdict = Verdict::cancelled;
  happen(report);
  EXPECT_EQ(text(explain(kVault), "verdict"), "unknown");
  EXPECT_EQ(text(member(explain(kVault), "last_cancelled"), "verdict"), "cancelled");
}

TEST_F(ExplainDocument, AnAnswerWithItsChain) {
  const std::array<std::string_view, 1> chain{"prod.privatelink.vaultcore.azure.net"};
  const std::array<DnsMessage::Address, 2> addresses{
      {{IpAddress::v4(10, 1, 2, 3), 10}, {IpAddress::v4(20, 1, 2, 3), 300}}};
  DnsReport report = at(90, sample_dns());
  report.cnames = chain;
  report.addresses = addresses;
  happen(report);
  const object answer = list(explain(kVault), "dns")[0].as_object();
  EXPECT_EQ(boost::json::serialize(list(answer, "chain")), R"(["prod.privatelink.vaultcore.azure.net"])");
  EXPECT_EQ(boost::json::serialize(list(answer, "addresses")),
            R"([{"address":"10.1.2.3","private":true,"ttl_s":10},{"address":"20.1.2.3","private":false,"ttl_s":300}])");
  EXPECT_EQ(number(answer, "address_count"), 2U);
  EXPECT_EQ(text(answer, "process"), "node");
  EXPECT_EQ(number(answer, "pid"), 4711U);
}

TEST_F(ExplainDocument, KindsOfResolution) {
  const std::vector<std::string_view> link{"prod.privatelink.vaultcore.azure.net"};
  EXPECT_EQ(resolution(DnsCause::none, {"data-prod-weu.vaultcore.azure.net"}, {"20.1.2.3"}), "public");
  EXPECT_EQ(resolution(DnsCause::none, link, {"10.1.2.3"}), "private_endpoint");
  EXPECT_EQ(resolution(DnsCause::public_answer_despite_private_link, link, {"20.1.2.3"}),
            "public_despite_private_link");
  EXPECT_EQ(resolution(DnsCause::private_record_missing, link, {}), "missing_record");
  EXPECT_EQ(resolution(DnsCause::sinkhole, {}, {"0.0.0.0"}), "sinkhole");
  EXPECT_THAT(resolution(DnsCause::none, {}, {"10.1.2.3"}), StartsWith("a private address, but not by the alias"));
  EXPECT_EQ(resolution(DnsCause::nxdomain, {}, {}), "");
}

// Their chains contain "privatelink" whatever there is.
TEST_F(ExplainDocument, NoKindOfResolutionForOtherServicesThanVaults) {
  EXPECT_EQ(resolution(DnsCause::none, {"ak.privatelink.msidentity.com"}, {"20.190.1.1"}, "login.microsoftonline.com"),
            "");
  EXPECT_EQ(resolution(DnsCause::sinkhole, {}, {"0.0.0.0"}, "login.microsoftonline.com"), "sinkhole");
}

TEST_F(ExplainDocument, AnAddressIsWhereNamesLedTo) {
  const std::array<DnsMessage::Address, 1> addresses{{{IpAddress::v4(20, 1, 2, 3), 300}}};
  DnsReport report = at(20, sample_dns());
  report.addresses = addresses;
  happen(report);
  happen(at(30, sample_failure(Stage::connect, Cause::no_reply)));
  ConnectionReport elsewhere = at(31, sample_failure(Stage::connect, Cause::refused));
  elsewhere.remote = {IpAddress::v4(20, 9, 9, 9), 443};
  happen(elsewhere);
  name_ = {.name = kVault, .source = NameSource::dns_host, .age_ns = 80 * kSecond, .ambiguous = true};

  const object& document = explain("20.1.2.3");
  EXPECT_THAT(text(document, "message"), StartsWith("20.1.2.3 fails: connect/no_reply"));
  EXPECT_EQ(list(document, "failures").size(), 1U);
  EXPECT_EQ(text(list(document, "dns")[0].as_object(), "question"), kVault);
  EXPECT_EQ(text(document, "service"), "key_vault");
  EXPECT_FALSE(flag(document, "private"));
  const object& name = list(document, "names")[0].as_object();
  EXPECT_EQ(text(name, "name"), kVault);
  EXPECT_EQ(text(name, "source"), "dns_host");
  EXPECT_EQ(number(name, "age_s"), 80U);
  EXPECT_TRUE(flag(name, "ambiguous"));
}

TEST_F(ExplainDocument, AnAddressThatIsARule) {
  EXPECT_EQ(text(explain("169.254.169.254"), "service"), "imds");
  EXPECT_FALSE(explain("169.254.169.254").contains("service_tag"));
  EXPECT_TRUE(flag(explain("168.63.129.16"), "port_decides")) << "DNS on port 53 is something else";
  EXPECT_EQ(text(explain("2001:DB8:0:0::1"), "target"), "2001:db8::1");
  EXPECT_TRUE(flag(explain("fd00::1"), "private"));
}

TEST_F(ExplainDocument, AnAddressInAServiceTag) {
  ServiceTags tags;
  tags.tags = {{"AzureKeyVault.WestUS", id_of(BuiltinService::key_vault), {IpPrefix::parse("203.0.113.0/28").value()}}};
  const auto catalog = config::parse_catalog(classify::embedded_catalog(), "catalog.yaml");
  classifier_ =
      std::make_shared<const classify::Classifier>(classify::Classifier::compile(catalog.value(), {}, tags).value());
  EXPECT_EQ(text(explain("203.0.113.3"), "service"), "key_vault");
  EXPECT_EQ(text(explain("203.0.113.3"), "service_tag"), "AzureKeyVault.WestUS");
  EXPECT_EQ(text(explain("203.0.113.99"), "service"), "other");
}

TEST_F(ExplainDocument, CauseAndEffect) {
  ConnectionReport vault = at(30, sample_failure(Stage::tls, Cause::client_rejected));
  vault.evidence.waits_for = "crl3.digicert.com";
  happen(vault);
  EXPECT_EQ(boost::json::serialize(list(explain(kVault), "waits_for")), R"(["crl3.digicert.com"])");
  EXPECT_EQ(boost::json::serialize(list(explain("crl3.digicert.com"), "holds_up")), R"(["prod.vault.azure.net"])");

  ConnectionReport crl = waiting();
  crl.service = "revocation";
  crl.host = "crl4.digicert.com";
  crl.evidence.holds_up = kVault;
  pending_ = {crl, crl};
  EXPECT_EQ(boost::json::serialize(list(explain("crl4.digicert.com"), "holds_up")), R"(["prod.vault.azure.net"])");
  // what waits now comes first; it is known from the revocation hosts, too, since the connection itself may end well
  EXPECT_EQ(boost::json::serialize(list(explain(kVault), "waits_for")), R"(["crl4.digicert.com","crl3.digicert.com"])");
}

}  // namespace
}  // namespace egresswatch::test
