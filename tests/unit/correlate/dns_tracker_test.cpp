// SPDX-License-Identifier: Apache-2.0
#include "correlate/dns_tracker.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "allocations.h"
#include "correlate/name_table.h"
#include "dns_messages.h"

namespace egresswatch::correlate {
namespace {

using test::AnswerMessage;
using test::ip;
using test::kSecond;
using test::Packet;
using test::QueryMessage;

constexpr std::uint64_t kNow = 1000 * kSecond;
constexpr std::uint64_t kDue = 5 * kSecond + DnsTracker::kGraceNs;
constexpr std::uint64_t kMillisecond = 1'000'000;

const char* const kName = "v.vault.azure.net";
const char* const kOtherResolver = "192.0.2.53";

struct Report {
  DnsOutcome outcome;
  std::string question;
  std::uint16_t type;
};

class DnsTrackerTest : public ::testing::Test {
 protected:
  std::vector<Report> expire(std::uint64_t now_ns) {
    std::vector<Report> reports;
    tracker_.expire(now_ns, [&](const DnsOutcome& outcome, std::string_view question, std::uint16_t type) {
      reports.push_back({outcome, std::string(question), type});
    });
    return reports;
  }

  DnsTracker tracker_{DnsTracker::Options{}};
  const QueryMessage query_{1, kName};
  const AnswerMessage answer_{1, kName, {"203.0.113.10"}};
};

TEST_F(DnsTrackerTest, MatchesAnAnswerWithItsQuery) {
  tracker_.query(Packet(kNow), query_);
  const auto outcome = tracker_.answer(Packet(kNow + 7), answer_);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->asker.pid, 100U);
  EXPECT_EQ(outcome->resolver.to_string(), "168.63.129.16:53");
  EXPECT_EQ(outcome->duration_ns, 7U);
  EXPECT_EQ(outcome->attempts, 1U);
  EXPECT_EQ(outcome->cause, DnsCause::none);
  EXPECT_EQ(tracker_.size(), 0U);
}

TEST_F(DnsTrackerTest, SaysWhatFailed) {
  tracker_.query(Packet(kNow), query_);
  EXPECT_EQ(tracker_.answer(Packet(kNow), AnswerMessage(1, kName).code(3))->cause, DnsCause::nxdomain);
}

TEST_F(DnsTrackerTest, TakesEachAnswerOnce) {
  tracker_.query(Packet(kNow), query_);
  EXPECT_TRUE(tracker_.answer(Packet(kNow), answer_));
  EXPECT_FALSE(tracker_.answer(Packet(kNow), answer_));
  EXPECT_EQ(tracker_.counters().unmatched, 1U);
}

TEST_F(DnsTrackerTest, AForgedAnswerPutsNoNameInTheTable) {
  NameTable names(16, {});
  const auto hand_over = [&](const Packet& packet, const DnsMessage& message) {
    if (const auto outcome = tracker_.answer(packet, message)) names.learn(message, outcome->asker.pid, packet.time_ns);
  };
  tracker_.query(Packet(kNow), query_);
  hand_over(Packet(kNow).with_resolver("192.0.2.66"), answer_);
  hand_over(Packet(kNow).with_resolver("168.63.129.16", 5353), answer_);
  hand_over(Packet(kNow).with_local_port(40001), answer_);
  hand_over(Packet(kNow).from_socket(8), answer_);
  hand_over(Packet(kNow).over_tcp(), answer_);
  hand_over(Packet(kNow), AnswerMessage(2, kName, {"203.0.113.10"}));
  hand_over(Packet(kNow), AnswerMessage(1, "w.vault.azure.net", {"203.0.113.10"}));
  hand_over(Packet(kNow), AnswerMessage(1, kName, {"2001:db8::1"}, 300, test::kAaaa));
  hand_over(Packet(kNow), AnswerMessage(1, "", {"203.0.113.10"}));
  EXPECT_EQ(names.size(), 0U);
  EXPECT_EQ(tracker_.counters().unmatched, 9U);

  hand_over(Packet(kNow), answer_);
  EXPECT_EQ(names.lookup(ip("203.0.113.10"), 100, kNow).name, kName);
}

TEST_F(DnsTrackerTest, IgnoresWhatIsNeitherQueryNorAnswer) {
  AnswerMessage update(1, kName);
  update.opcode = 5;
  tracker_.query(Packet(kNow), answer_);
  tracker_.query(Packet(kNow), QueryMessage(1, ""));
  EXPECT_FALSE(tracker_.answer(Packet(kNow), query_));
  EXPECT_FALSE(tracker_.answer(Packet(kNow), update));
  EXPECT_EQ(tracker_.counters().ignored, 4U);
  EXPECT_EQ(tracker_.size(), 0U);
}

TEST_F(DnsTrackerTest, CountsRepetitionsOnTheSameSocketAsAttempts) {
  tracker_.query(Packet(kNow), query_);
  tracker_.query(Packet(kNow + 5 * kSecond), query_);
  const auto outcome = tracker_.answer(Packet(kNow + 6 * kSecond), answer_);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->attempts, 2U);
  EXPECT_EQ(outcome->duration_ns, 6 * kSecond);
}

TEST_F(DnsTrackerTest, CountsAnotherResolverAsAFurtherAttempt) {
  tracker_.query(Packet(kNow), query_);
  tracker_.query(Packet(kNow + 5 * kSecond).with_resolver(kOtherResolver).from_socket(8), query_);
  const auto outcome =
      tracker_.answer(Packet(kNow + 5 * kSecond + kMillisecond).with_resolver(kOtherResolver).from_socket(8), answer_);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->attempts, 2U);
  EXPECT_EQ(outcome->duration_ns, 5 * kSecond + kMillisecond);
  EXPECT_EQ(outcome->resolver.address, ip(kOtherResolver));
}

TEST_F(DnsTrackerTest, CountsARepetitionWithANewIdAsAnAttempt) {
  tracker_.query(Packet(kNow), query_);
  tracker_.query(Packet(kNow + 5 * kSecond).from_socket(8), QueryMessage(2, kName));
  const auto outcome =
      tracker_.answer(Packet(kNow + 5 * kSecond).from_socket(8), AnswerMessage(2, kName, {"203.0.113.10"}));
  EXPECT_EQ(outcome->attempts, 2U);
}

TEST_F(DnsTrackerTest, DoesNotTakeAnotherThreadForAnAttempt) {
  tracker_.query(Packet(kNow), query_);
  tracker_.query(Packet(kNow + kMillisecond).from_socket(8), QueryMessage(2, kName));
  EXPECT_EQ(tracker_.answer(Packet(kNow + 2 * kMillisecond), answer_)->attempts, 1U);
  const auto second =
      tracker_.answer(Packet(kNow + 3 * kMillisecond).from_socket(8), AnswerMessage(2, kName, {"203.0.113.10"}));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->attempts, 1U);
  EXPECT_EQ(second->duration_ns, 2 * kMillisecond);
}

TEST_F(DnsTrackerTest, StartsAnewForAQuestionAskedAgainLater) {
  tracker_.query(Packet(kNow), query_);
  tracker_.answer(Packet(kNow + kMillisecond), answer_);
  tracker_.query(Packet(kNow + kSecond), query_);
  const auto outcome = tracker_.answer(Packet(kNow + kSecond + kMillisecond), answer_);
  EXPECT_EQ(outcome->attempts, 1U);
  EXPECT_EQ(outcome->duration_ns, kMillisecond);
}

TEST_F(DnsTrackerTest, ReportsAnUnansweredQuestionOnce) {
  Packet packet(kNow);
  tracker_.query(packet, query_);
  EXPECT_TRUE(expire(kNow + kDue - 1).empty());
  const auto reports = expire(kNow + kDue);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].question, kName);
  EXPECT_EQ(reports[0].type, test::kA);
  EXPECT_EQ(reports[0].outcome.cause, DnsCause::no_answer);
  EXPECT_EQ(reports[0].outcome.asker.pid, 100U);
  EXPECT_EQ(reports[0].outcome.resolver, packet.tuple.remote);
  EXPECT_EQ(reports[0].outcome.duration_ns, kDue);
  EXPECT_TRUE(expire(kNow + 2 * kDue).empty());
  EXPECT_EQ(tracker_.size(), 0U);
}

TEST_F(DnsTrackerTest, ReportsAQuestionToTwoDeadResolversOnceWithAllAttempts) {
  tracker_.query(Packet(kNow), query_);
  tracker_.query(Packet(kNow + 5 * kSecond).with_resolver(kOtherResolver), query_);
  tracker_.query(Packet(kNow + 10 * kSecond), query_);
  tracker_.query(Packet(kNow + 15 * kSecond).with_resolver(kOtherResolver), query_);
  EXPECT_TRUE(expire(kNow + 15 * kSecond + kDue - 1).empty());
  const auto reports = expire(kNow + 15 * kSecond + kDue);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].outcome.attempts, 4U);
  EXPECT_EQ(reports[0].outcome.resolver.address, ip(kOtherResolver));
}

TEST_F(DnsTrackerTest, WaitsForTheRepetitionThatComesWhenFiveSecondsAreOver) {
  tracker_.query(Packet(kNow), query_);
  EXPECT_TRUE(expire(kNow + 5 * kSecond + kMillisecond).empty());
  tracker_.query(Packet(kNow + 5 * kSecond + 5 * kMillisecond), query_);
  EXPECT_EQ(tracker_.answer(Packet(kNow + 5 * kSecond + 6 * kMillisecond), answer_)->attempts, 2U);
}

TEST_F(DnsTrackerTest, AnAnswerFromAnotherResolverSupersedesTheSilenceOfTheFirst) {
  tracker_.query(Packet(kNow), query_);
  tracker_.query(Packet(kNow + 5 * kSecond).with_resolver(kOtherResolver), query_);
  EXPECT_TRUE(tracker_.answer(Packet(kNow + 5 * kSecond + 1).with_resolver(kOtherResolver), answer_));
  EXPECT_TRUE(expire(kNow + 60 * kSecond).empty());
  EXPECT_EQ(tracker_.counters().superseded, 1U);
  EXPECT_EQ(tracker_.counters().unanswered, 0U);
  EXPECT_EQ(tracker_.size(), 0U);
}

TEST_F(DnsTrackerTest, AnAnswerSupersedesAlsoAQueryThatWasAlreadyOverdue) {
  tracker_.query(Packet(kNow), query_);
  tracker_.query(Packet(kNow + 5 * kSecond).with_resolver(kOtherResolver), query_);
  EXPECT_TRUE(expire(kNow + 6 * kSecond).empty());
  EXPECT_TRUE(tracker_.answer(Packet(kNow + 7 * kSecond).with_resolver(kOtherResolver), answer_));
  EXPECT_TRUE(expire(kNow + 60 * kSecond).empty());
  EXPECT_EQ(tracker_.counters().superseded, 1U);
}

TEST_F(DnsTrackerTest, TakesALateAnswerFromTheFirstResolverToo) {
  tracker_.query(Packet(kNow), query_);
  tracker_.query(Packet(kNow + kSecond).with_resolver(kOtherResolver), query_);
  EXPECT_TRUE(tracker_.answer(Packet(kNow + kSecond + 1).with_resolver(kOtherResolver), answer_));
  const auto late = tracker_.answer(Packet(kNow + 2 * kSecond), answer_);
  ASSERT_TRUE(late);
  EXPECT_EQ(late->duration_ns, 2 * kSecond);
  EXPECT_TRUE(expire(kNow + 60 * kSecond).empty());
  EXPECT_EQ(tracker_.counters().superseded, 0U);
}

TEST_F(DnsTrackerTest, AServerFailureDoesNotHideTheSilenceOfAnotherResolver) {
  tracker_.query(Packet(kNow), query_);
  tracker_.query(Packet(kNow + 1).with_resolver(kOtherResolver), query_);
  EXPECT_EQ(tracker_.answer(Packet(kNow + 2).with_resolver(kOtherResolver), AnswerMessage(1, kName).code(2))->cause,
            DnsCause::servfail);
  const auto reports = expire(kNow + 1 + kDue);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].outcome.resolver.address, ip("168.63.129.16"));
}

TEST_F(DnsTrackerTest, ANewQuestionInTimeDoesNotInheritTheSilenceOfAnAnsweredOne) {
  tracker_.query(Packet(kNow), query_);
  tracker_.query(Packet(kNow + 1).with_resolver(kOtherResolver), query_);
  EXPECT_TRUE(tracker_.answer(Packet(kNow + 2).with_resolver(kOtherResolver), answer_));
  tracker_.query(Packet(kNow + kSecond).from_socket(8), QueryMessage(9, kName));
  EXPECT_TRUE(tracker_.answer(Packet(kNow + kSecond + 1).from_socket(8), AnswerMessage(9, kName).code(2)));
  EXPECT_TRUE(expire(kNow + 60 * kSecond).empty());
  EXPECT_EQ(tracker_.counters().superseded, 1U);
}

TEST_F(DnsTrackerTest, DoesNotMergeWhatDifferentProcessesAsk) {
  tracker_.query(Packet(kNow), query_);
  tracker_.query(Packet(kNow + 1).from_socket(8).with_pid(200), query_);
  EXPECT_TRUE(tracker_.answer(Packet(kNow + 2).from_socket(8), answer_));
  const auto reports = expire(kNow + kDue);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].outcome.asker.pid, 100U);
}

TEST_F(DnsTrackerTest, TellsUnknownProcessesApartByTheirSockets) {
  tracker_.query(Packet(kNow).with_pid(0), query_);
  tracker_.query(Packet(kNow).with_pid(0).from_socket(8), query_);
  EXPECT_TRUE(tracker_.answer(Packet(kNow + 1).from_socket(8), answer_));
  EXPECT_EQ(expire(kNow + kDue).size(), 1U);
}

TEST_F(DnsTrackerTest, DoesNotMergeTheTypes) {
  tracker_.query(Packet(kNow), query_);
  tracker_.query(Packet(kNow), QueryMessage(2, kName, test::kAaaa));
  EXPECT_TRUE(tracker_.answer(Packet(kNow + 1), answer_));
  const auto reports = expire(kNow + kDue);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].type, test::kAaaa);
}

TEST_F(DnsTrackerTest, ATruncatedAnswerIsNoOutcomeButTheOneOverTcpIs) {
  tracker_.query(Packet(kNow), query_);
  EXPECT_FALSE(tracker_.answer(Packet(kNow + 1), AnswerMessage(1, kName).cut()));
  tracker_.query(Packet(kNow + 2).over_tcp().from_socket(8), query_);
  const auto outcome = tracker_.answer(Packet(kNow + 3).over_tcp().from_socket(8), answer_);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->duration_ns, 3U);
  EXPECT_EQ(outcome->attempts, 1U);
  EXPECT_EQ(tracker_.counters().truncated, 1U);
}

TEST_F(DnsTrackerTest, ATruncatedAnswerAloneIsNoSilence) {
  tracker_.query(Packet(kNow), query_);
  tracker_.answer(Packet(kNow + 1), AnswerMessage(1, kName).cut());
  EXPECT_TRUE(expire(kNow + 60 * kSecond).empty());
}

TEST_F(DnsTrackerTest, SilenceOverTcpAfterATruncatedAnswerIsReported) {
  tracker_.query(Packet(kNow), query_);
  tracker_.answer(Packet(kNow + 1), AnswerMessage(1, kName).cut());
  tracker_.query(Packet(kNow + 2).over_tcp(), query_);
  EXPECT_EQ(expire(kNow + 2 + kDue).size(), 1U);
}

TEST_F(DnsTrackerTest, ReportsOldestFirstAndLeavesTheRest) {
  tracker_.query(Packet(kNow), QueryMessage(1, "first.example"));
  tracker_.query(Packet(kNow + 1), QueryMessage(2, "second.example"));
  tracker_.query(Packet(kNow + 2), QueryMessage(3, "third.example"));
  const auto reports = expire(kNow + 1 + kDue);
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0].question, "first.example");
  EXPECT_EQ(reports[1].question, "second.example");
  EXPECT_EQ(tracker_.size(), 1U);
}

TEST_F(DnsTrackerTest, ARepetitionDoesNotHideAnOlderQuestion) {
  tracker_.query(Packet(kNow), QueryMessage(1, "first.example"));
  tracker_.query(Packet(kNow + 1), QueryMessage(2, "second.example"));
  tracker_.query(Packet(kNow + kSecond), QueryMessage(1, "first.example"));
  const auto reports = expire(kNow + 1 + kDue);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].question, "second.example");
}

TEST_F(DnsTrackerTest, MatchesNamesOfMoreThan255CharactersAndCutsTheirText) {
  const std::string escaped(900, 'x');
  tracker_.query(Packet(kNow), QueryMessage(1, escaped));
  tracker_.query(Packet(kNow), QueryMessage(2, escaped + "y"));
  EXPECT_TRUE(tracker_.answer(Packet(kNow), AnswerMessage(1, escaped, {"203.0.113.10"})));
  const auto reports = expire(kNow + kDue);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].question, std::string(DnsTracker::kMaxName, 'x'));
}

TEST_F(DnsTrackerTest, IsBoundedAndCountsEvictions) {
  DnsTracker small({.capacity = 2, .timeout_ns = 5 * kSecond});
  const std::vector<std::string> names{"a.example", "b.example", "c.example"};
  for (std::uint16_t id = 0; id < 3; ++id) small.query(Packet(kNow + id), QueryMessage(id, names[id]));
  EXPECT_EQ(small.size(), 2U);
  EXPECT_GE(small.evictions(), 1U);
  EXPECT_FALSE(small.answer(Packet(kNow + 3), AnswerMessage(0, "a.example")));
  EXPECT_TRUE(small.answer(Packet(kNow + 3), AnswerMessage(2, "c.example")));
}

TEST_F(DnsTrackerTest, SurvivesAFloodOfSocketsForOneQuestion) {
  DnsTracker small({.capacity = 4, .timeout_ns = 5 * kSecond});
  for (SocketId socket = 0; socket < 100; ++socket) small.query(Packet(kNow + socket).from_socket(socket), query_);
  EXPECT_EQ(small.size(), 4U);
  int reports = 0;
  small.expire(kNow + 100 + kDue, [&](const DnsOutcome&, std::string_view, std::uint16_t) { ++reports; });
  EXPECT_EQ(reports, 1);
  EXPECT_EQ(small.size(), 0U);
}

TEST_F(DnsTrackerTest, DoesNotAllocateInSteadyState) {
  const auto round = [&](std::uint64_t from_ns) {
    for (std::uint16_t id = 0; id < 100; ++id) tracker_.query(Packet(from_ns + id), QueryMessage(id, kName));
    for (std::uint16_t id = 0; id < 90; ++id)
      tracker_.answer(Packet(from_ns + 200), AnswerMessage(id, kName, {"203.0.113.10"}));
    tracker_.expire(from_ns + 60 * kSecond, [](const DnsOutcome&, std::string_view, std::uint16_t) {});
  };
  round(kNow);
  const auto before = test::allocation_count();
  round(kNow + 100 * kSecond);
  EXPECT_EQ(test::allocation_count(), before);
}

}  // namespace
}  // namespace egresswatch::correlate
