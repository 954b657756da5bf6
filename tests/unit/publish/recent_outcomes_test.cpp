// SPDX-License-Identifier: Apache-2.0
#include "publish/recent_outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "harness/count_allocations.h"
#include "report_fixture.h"

namespace egresswatch::publish {
namespace {

using egresswatch::testing::g_allocations;
using ::testing::ElementsAre;

class CountingSink final : public EventSink {
 public:
  void connection(const ConnectionReport&) override { ++connections; }
  void dns(const DnsReport&) override { ++questions; }
  void flow(const FlowReport&) override {}
  int connections = 0;
  int questions = 0;
};

class RecentOutcomesTest : public ::testing::Test {
 protected:
  static ConnectionReport stranger(std::string_view host, Verdict verdict) {
    ConnectionReport report = sample_failure(Stage::connect, Cause::refused);
    report.service = "other";
    report.host = host;
    report.verdict = verdict;
    return report;
  }
  RecentOutcomes::Table table(std::string_view name) const {
    for (const auto& table : recent_.tables())
      if (table.name == name) return table;
    ADD_FAILURE() << name;
    return {};
  }

  CountingSink next_;
  RecentOutcomes recent_{next_, {.known = 4, .other = 2}};
};

constexpr std::string_view kVault = "prod.vault.azure.net";

TEST_F(RecentOutcomesTest, HandsEveryReportOn) {
  for (const Verdict verdict : {Verdict::ok, Verdict::failed, Verdict::cancelled, Verdict::closed}) {
    ConnectionReport report = sample_connection();
    report.verdict = verdict;
    recent_.connection(report);
  }
  DnsReport question = sample_dns();
  question.question_type = 65;
  recent_.dns(question);
  EXPECT_EQ(next_.connections, 4);
  EXPECT_EQ(next_.questions, 1);
}

TEST_F(RecentOutcomesTest, KeepsTheLastEightFailuresTheNewestFirst) {
  for (std::uint64_t i = 1; i <= 11; ++i) {
    ConnectionReport report = sample_failure(Stage::connect, Cause::no_reply);
    report.wall_time_ns = i;
    recent_.connection(report);
  }
  const RecentDestination* destination = recent_.destination(kVault);
  ASSERT_NE(destination, nullptr);
  ASSERT_EQ(destination->failure_count(), 8U);
  for (std::size_t age = 0; age < 8; ++age) EXPECT_EQ(destination->failure(age).wall_time_ns, 11 - age);
  EXPECT_EQ(destination->family(false).failed, 11U);
  EXPECT_EQ(destination->family(false).last_failure_ns, 11U);
  EXPECT_EQ(destination->family(false).last_cause, Cause::no_reply);
  EXPECT_EQ(destination->family(true).failed, 0U);
}

// The views of a report end with the call.
TEST_F(RecentOutcomesTest, EveryTextOfAFailureOutlivesTheReport) {
  std::array<std::string, 9> texts{"key_vault",     "a.vault.azure.net", "unit", "process",    "NETFILTER_DROP",
                                   "dns.vault.net", "wire.vault.net",    "crl",  "held.up.net"};
  {
    ConnectionReport report = sample_failure(Stage::connect, Cause::local_firewall, 113);
    report.service = texts[0];
    report.host = texts[1];
    report.unit = texts[2];
    report.process = texts[3];
    report.evidence.drop_reason = texts[4];
    report.evidence.dns_name = texts[5];
    report.evidence.wire_name = texts[6];
    report.evidence.waits_for = texts[7];
    report.evidence.holds_up = texts[8];
    report.evidence.syn_times_ms = {1000, 3000};
    report.evidence.syn_time_count = 2;
    recent_.connection(report);
    for (std::string& text : texts) text.assign(text.size(), '#');
  }
  const ConnectionReport& kept = recent_.destination("a.vault.azure.net")->failure(0);
  EXPECT_EQ(kept.service, "key_vault");
  EXPECT_EQ(kept.host, "a.vault.azure.net");
  EXPECT_EQ(kept.unit, "unit");
  EXPECT_EQ(kept.process, "process");
  EXPECT_EQ(kept.evidence.drop_reason, "NETFILTER_DROP");
  EXPECT_EQ(kept.evidence.dns_name, "dns.vault.net");
  EXPECT_EQ(kept.evidence.wire_name, "wire.vault.net");
  EXPECT_EQ(kept.evidence.waits_for, "crl");
  EXPECT_EQ(kept.evidence.holds_up, "held.up.net");
  EXPECT_EQ(kept.evidence.syn_time_count, 2U);
  EXPECT_EQ(kept.evidence.syn_times_ms[1], 3000U);
  EXPECT_EQ(kept.error, 113);
}

TEST_F(RecentOutcomesTest, ALongTextIsCut) {
  const std::string unit(5000, 'u');
  ConnectionReport report = sample_failure(Stage::connect, Cause::refused);
  report.unit = unit;
  recent_.connection(report);
  EXPECT_EQ(recent_.destination(kVault)->failure(0).unit.size(), 1024U);
}

TEST_F(RecentOutcomesTest, TheLastSuccessAndTheLastCancelled) {
  recent_.connection(sample_connection());
  ConnectionReport cancelled = sample_connection();
  cancelled.verdict = Verdict::cancelled;
  cancelled.wall_time_ns += 5;
  recent_.connection(cancelled);
  const RecentDestination* destination = recent_.destination(kVault);
  EXPECT_EQ(destination->last_success().wall_ns, sample_connection().wall_time_ns);
  EXPECT_EQ(destination->last_success().latency_ns, 12'400'000U);
  EXPECT_EQ(destination->last_success().unit, "sync.service");
  EXPECT_EQ(destination->last_success().remote, sample_connection().remote);
  EXPECT_EQ(destination->last_cancelled()->wall_time_ns, cancelled.wall_time_ns);
  EXPECT_EQ(destination->failure_count(), 0U);
  EXPECT_EQ(destination->family(false).established, 1U);
}

TEST_F(RecentOutcomesTest, APlainCloseIsNotRemembered) {
  ConnectionReport report = sample_connection();
  report.verdict = Verdict::closed;
  recent_.connection(report);
  EXPECT_EQ(recent_.destination(kVault), nullptr);
}

TEST_F(RecentOutcomesTest, ADestinationWithoutANameIsRememberedUnderItsAddress) {
  ConnectionReport report = sample_failure(Stage::http, Cause::imds_throttled);
  report.host = {};
  report.remote = {IpAddress::v4(169, 254, 169, 254), 80};
  recent_.connection(report);
  ASSERT_NE(recent_.destination("169.254.169.254"), nullptr);
  EXPECT_EQ(recent_.destination("169.254.169.254")->failure(0).cause, Cause::imds_throttled);
}

TEST_F(RecentOutcomesTest, OfAStrangerASuccessIsRememberedOnlyAfterAFailure) {
  recent_.connection(stranger("a.example", Verdict::ok));
  EXPECT_EQ(recent_.destination("a.example"), nullptr);
  recent_.connection(stranger("a.example", Verdict::failed));
  recent_.connection(stranger("a.example", Verdict::ok));
  ASSERT_NE(recent_.destination("a.example"), nullptr);
  EXPECT_NE(recent_.destination("a.example")->last_success().wall_ns, 0U);
}

TEST_F(RecentOutcomesTest, AFloodOfStrangersEvictsNoVault) {
  recent_.connection(sample_failure(Stage::connect, Cause::refused));
  recent_.dns(sample_dns());
  for (int i = 0; i < 1000; ++i) {
    const std::string host = std::to_string(i) + ".example";
    recent_.connection(stranger(host, Verdict::failed));
    DnsReport question = sample_dns();
    question.service = "other";
    question.question = host;
    recent_.dns(question);
  }
  EXPECT_NE(recent_.destination(kVault), nullptr);
  EXPECT_NE(recent_.answers(kVault), nullptr);
  EXPECT_EQ(table("recent_other").entries, 2U);
  EXPECT_EQ(table("recent_other").evictions, 998U);
  EXPECT_EQ(table("recent_answers_other").entries, 2U);
  EXPECT_EQ(table("recent_answers_other").evictions, 998U);
  EXPECT_EQ(table("recent_known").evictions, 0U);
  EXPECT_EQ(recent_.destination("997.example"), nullptr);
  EXPECT_NE(recent_.destination("998.example"), nullptr);
}

TEST_F(RecentOutcomesTest, TheDestinationUsedLongestAgoMakesRoomAndLeavesNothingBehind) {
  const auto fail = [&](std::string_view host) {
    ConnectionReport report = sample_failure(Stage::connect, Cause::refused);
    report.host = host;
    recent_.connection(report);
  };
  for (const char* host : {"a", "b", "c", "d", "a", "e"}) fail(host);
  EXPECT_EQ(recent_.destination("b"), nullptr);
  std::vector<std::string> left;
  recent_.for_each_destination([&](std::string_view name, const RecentDestination& destination) {
    left.emplace_back(name);
    EXPECT_EQ(destination.failure_count(), name == "a" ? 2U : 1U);
  });
  EXPECT_THAT(left, ElementsAre("c", "d", "a", "e"));
  // one that was a vault's and is now that of another
  ConnectionReport success = sample_connection();
  success.host = "f";
  recent_.connection(success);
  EXPECT_EQ(recent_.destination("f")->failure_count(), 0U);
  EXPECT_EQ(recent_.destination("f")->last_cancelled(), nullptr);
}

TEST_F(RecentOutcomesTest, AnAnswerIsKeptWithItsWholeChain) {
  std::array<std::string, 2> names{"prod.privatelink.vaultcore.azure.net", "tail.example"};
  const std::array<std::string_view, 2> chain{names[0], names[1]};
  std::array<DnsMessage::Address, 20> addresses;
  for (std::uint8_t i = 0; i < 20; ++i) addresses[i] = {IpAddress::v4(10, 0, 0, i), 300U + i};
  DnsReport report = sample_dns();
  report.cnames = chain;
  report.cname_tail = chain[1];
  report.addresses = addresses;
  report.address_count = 20;
  recent_.dns(report);
  for (std::string& name : names) name.assign(name.size(), '#');
  addresses = {};

  DnsReport other_type = sample_dns();
  other_type.question_type = 28;
  other_type.cause = DnsCause::no_answer;
  recent_.dns(other_type);

  const RecentAnswers* answers = recent_.answers(kVault);
  ASSERT_NE(answers, nullptr);
  const DnsReport& a = answers->a.report();
  EXPECT_THAT(std::vector(a.cnames.begin(), a.cnames.end()),
              ElementsAre("prod.privatelink.vaultcore.azure.net", "tail.example"));
  EXPECT_EQ(a.cname_tail, "tail.example");
  ASSERT_EQ(a.addresses.size(), 16U);
  EXPECT_EQ(a.addresses[15].address, IpAddress::v4(10, 0, 0, 15));
  EXPECT_EQ(a.addresses[15].ttl_s, 315U);
  EXPECT_EQ(a.address_count, 20U);
  EXPECT_EQ(a.resolver, sample_dns().resolver);
  EXPECT_EQ(answers->aaaa.report().cause, DnsCause::no_answer);
  EXPECT_TRUE(answers->aaaa.report().cnames.empty());
}

TEST_F(RecentOutcomesTest, QuestionsForOtherTypesAreNotKept) {
  DnsReport report = sample_dns();
  report.question_type = 65;
  recent_.dns(report);
  EXPECT_EQ(recent_.answers(kVault), nullptr);
}

// Also while entries make room for others all the time.
TEST_F(RecentOutcomesTest, NothingIsAllocatedOnceTheTablesHaveGrown) {
  std::vector<std::string> hosts;
  for (int i = 100; i < 116; ++i) hosts.push_back("a-rather-long-name-" + std::to_string(i) + ".vault.azure.net");
  const std::array<std::string_view, 1> chain{"a-rather-long-alias.privatelink.vaultcore.azure.net"};
  const auto round = [&] {
    for (const std::string& host : hosts) {
      for (const bool known : {true, false}) {
        for (int i = 0; i < 9; ++i) {
          ConnectionReport report =
              known ? sample_failure(Stage::connect, Cause::refused) : stranger(host, Verdict::failed);
          report.host = host;
          recent_.connection(report);
        }
        ConnectionReport other = sample_connection();
        other.host = host;
        recent_.connection(other);
        other.verdict = Verdict::cancelled;
        recent_.connection(other);
        DnsReport question = sample_dns();
        if (!known) question.service = "other";
        question.question = host;
        question.cnames = chain;
        recent_.dns(question);
        question.question_type = 28;
        recent_.dns(question);
      }
    }
    ConnectionReport unnamed = sample_connection();
    unnamed.host = {};
    recent_.connection(unnamed);
  };
  round();
  round();
  const std::size_t before = g_allocations;
  round();
  EXPECT_EQ(g_allocations, before);
}

}  // namespace
}  // namespace egresswatch::publish
