// SPDX-License-Identifier: Apache-2.0
// The life of one connection: what is counted and reported at each step.
#include <netinet/in.h>

#include <cerrno>

#include "unit/app/pipeline_fixture.h"

namespace egresswatch::test {
namespace {

class ConnectionsTest : public PipelineTest {
 protected:
  ConnectionsTest() { resolve(kVault, {"203.0.113.1", "2001:db8::1"}); }

  const account::Snapshot::HostTraffic& traffic(const account::Snapshot& now) {
    return *account::find_traffic(now, "key_vault", kVault);
  }
  // Of the handshakes of a service: how many were timed.
  std::uint64_t timed_handshakes(std::string_view service) {
    for (const auto& row : snapshot().durations)
      if (row.service == service) return row.connect_ipv4->count() + row.connect_ipv6->count();
    return 0;
  }
};

TEST_F(ConnectionsTest, AttemptIsCountedAtOnceAndReportedWithItsOutcome) {
  connect({});
  EXPECT_EQ(totals(), (Totals{.attempts = 1}));
  EXPECT_TRUE(sink_.connections().empty());
}

TEST_F(ConnectionsTest, EstablishedOpensTheGaugeAndTellsTheLatency) {
  connect({});
  establish({}, 12 * kMs);
  EXPECT_EQ(totals(), (Totals{.attempts = 1, .established = 1, .open = 1}));
  ASSERT_EQ(sink_.connections().size(), 1U);
  const ConnectionReport& line = last_connection();
  EXPECT_EQ(line.verdict, Verdict::ok);
  EXPECT_EQ(line.service, "key_vault");
  EXPECT_EQ(line.host, kVault);
  EXPECT_EQ(line.name_source, NameSource::dns_process);
  EXPECT_EQ(line.unit, "sdk");
  EXPECT_EQ(line.process, "sdk");
  EXPECT_EQ(line.pid, 100U);
  EXPECT_EQ(line.uid, 1000U);
  EXPECT_EQ(line.netns, kNetns);
  EXPECT_EQ(line.local.to_string(), "10.0.0.5:40001");
  EXPECT_EQ(line.remote.to_string(), "203.0.113.1:443");
  EXPECT_EQ(line.connect_latency_ns, 12 * kMs);
  EXPECT_EQ(line.stage, Stage::none);
}

TEST_F(ConnectionsTest, OfAnUnseenEndNoOutcomeIsTold) {
  open({.id = 1});
  connect({.id = 2});
  const std::size_t told = sink_.connections().size();
  auto established = closed({.id = 1}, now_, now_ - 2 * kMs, now_ - kMs);
  established.old_state = kClose;
  established.bytes_sent = 5;
  feed(established);
  auto refused_or_given_up = gave_up({.id = 2}, now_, now_ - kMs, 0);
  refused_or_given_up.old_state = kClose;
  feed(refused_or_given_up);
  EXPECT_EQ(totals(), (Totals{.attempts = 2, .established = 1}));
  EXPECT_EQ(sink_.connections().size(), told);
  const account::Snapshot now = snapshot();
  EXPECT_EQ(traffic(now).sent_bytes, 5U);
  EXPECT_EQ(traffic(now).last_success_ns, 0U);
  EXPECT_EQ(traffic(now).last_failure_ns, 0U);
  EXPECT_EQ(pipeline().connections().unseen_ends(), 2U);
  EXPECT_EQ(pipeline().connections().table().size(), 0U);
}

TEST_F(ConnectionsTest, TimesAreThoseOfTheWallClock) {
  pipeline().set_wall_offset(1'700'000'000 * kSecond);
  open({});
  EXPECT_EQ(last_connection().wall_time_ns, now_ + 1'700'000'000 * kSecond);
  feed(first_byte({}, now_ + 30 * kMs, now_ + 10 * kMs));
  const account::Snapshot now = snapshot();
  EXPECT_EQ(traffic(now).last_success_ns, now_ + 30 * kMs + 1'700'000'000 * kSecond);
  EXPECT_EQ(traffic(now).last_failure_ns, 0U);
}

TEST_F(ConnectionsTest, HandshakeIsTimedByTheFamilyOnTheWire) {
  open({.id = 1});
  open({.id = 2, .remote = "2001:db8::1"});
  // an IPv6 socket to a v4-mapped address speaks IPv4
  auto mapped = attempt({.id = 3}, now_);
  mapped.tuple.family = AF_INET6;
  feed(mapped);
  auto connected = established({.id = 3}, now_, kMs);
  connected.tuple.family = AF_INET6;
  feed(connected);
  for (const auto& row : snapshot().durations) {
    if (row.service != "key_vault") continue;
    EXPECT_EQ(row.connect_ipv4->count(), 2U);
    EXPECT_EQ(row.connect_ipv6->count(), 1U);
  }
  EXPECT_EQ(last_connection().family, AF_INET6);
}

TEST_F(ConnectionsTest, FirstByteIsTimedFromTheFirstPayloadSent) {
  open({});
  feed(first_byte({}, now_ + 30 * kMs, now_ + 10 * kMs));
  for (const auto& row : snapshot().durations) {
    if (row.service != "key_vault") continue;
    EXPECT_EQ(row.first_byte->count(), 1U);
    EXPECT_EQ(row.first_byte->sum_ns(), 20 * kMs);
  }
}

TEST_F(ConnectionsTest, ServerThatSpeaksFirstIsNotTimed) {
  open({});
  feed(first_byte({}, now_ + 30 * kMs, 0));
  for (const auto& row : snapshot().durations) EXPECT_EQ(row.first_byte->count(), 0U);
}

TEST_F(ConnectionsTest, OrderlyEndClosesTheGaugeAndIsNoFailure) {
  open({});
  auto end = closed({}, now_ + kSecond, now_ - 10 * kMs, now_);
  end.bytes_sent = 300;
  end.bytes_received = 4000;
  end.retransmits = 2;
  feed(end);
  EXPECT_EQ(totals(), (Totals{.attempts = 1, .established = 1}));
  const account::Snapshot now = snapshot();
  EXPECT_EQ(traffic(now).sent_bytes, 300U);
  EXPECT_EQ(traffic(now).received_bytes, 4000U);
  EXPECT_EQ(traffic(now).retransmits, 2U);
  EXPECT_EQ(last_connection().verdict, Verdict::closed);
  EXPECT_EQ(last_connection().duration_ns, kSecond + 10 * kMs);
  EXPECT_EQ(last_connection().connect_latency_ns, 10 * kMs);
}

TEST_F(ConnectionsTest, RefusedIsAFailureOfTheHandshake) {
  connect({});
  auto end = gave_up({}, now_ + kMs, now_, ECONNREFUSED);
  end.flags = EGW_CLOSED_RST_RECEIVED;
  feed(end);
  EXPECT_EQ(totals(), (Totals{.attempts = 1, .failed = 1}));
  EXPECT_EQ(failures("key_vault", kVault, Stage::connect, Cause::refused), 1U);
  EXPECT_EQ(last_connection().verdict, Verdict::failed);
  EXPECT_EQ(last_connection().error, ECONNREFUSED);
  const account::Snapshot now = snapshot();
  EXPECT_EQ(traffic(now).last_failure_ns, now_ + kMs);
}

TEST_F(ConnectionsTest, SoftErrorIsShownWhereThereIsNoOther) {
  connect({});
  auto end = gave_up({}, now_, now_ - kSecond, 0);
  end.error_soft = EHOSTUNREACH;
  end.syn_retransmits = 1;
  feed(end);
  EXPECT_EQ(last_connection().error, EHOSTUNREACH);
  EXPECT_EQ(last_connection().cause, Cause::icmp_unreachable);
}

TEST_F(ConnectionsTest, CancelledIsAnEventAndNoFailure) {
  connect({});
  fail({}, 0);
  EXPECT_EQ(totals(), (Totals{.attempts = 1}));
  EXPECT_EQ(events(account::EventType::cancelled), 1U);
  EXPECT_EQ(last_connection().verdict, Verdict::cancelled);
}

TEST_F(ConnectionsTest, ResetInMidStreamIsAFailureOfAnEstablishedConnection) {
  open({});
  auto end = closed({}, now_, now_ - 2 * kMs, now_ - kMs);
  end.old_state = kEstablished;
  end.error = ECONNRESET;
  end.flags = EGW_CLOSED_RST_RECEIVED;
  feed(end);
  EXPECT_EQ(totals(), (Totals{.attempts = 1, .established = 1, .failed = 1}));
  EXPECT_EQ(failures("key_vault", kVault, Stage::data, Cause::reset), 1U);
}

TEST_F(ConnectionsTest, RouteFailureIsAttemptAndFailureInOne) {
  feed(connect_failed({}, now_, -EACCES));
  EXPECT_EQ(totals(), (Totals{.attempts = 1, .failed = 1}));
  EXPECT_EQ(failures("key_vault", kVault, Stage::route, Cause::prohibited), 1U);
  EXPECT_EQ(last_connection().error, EACCES);
  EXPECT_EQ(last_connection().local.port, 0);
  EXPECT_EQ(pipeline().connections().table().size(), 0U);
}

TEST_F(ConnectionsTest, ErrorShownIsTheOneThatTheApplicationGot) {
  feed(connect_failed({}, now_, -EAGAIN));
  EXPECT_EQ(last_connection().error, ENETUNREACH);
  feed(connect_failed({}, now_, 0));
  EXPECT_EQ(last_connection().error, EPERM);
  auto denied = connect_failed({}, now_, 0);
  denied.verdict_error = -ECONNREFUSED;
  feed(denied);
  EXPECT_EQ(last_connection().error, ECONNREFUSED);
}

TEST_F(ConnectionsTest, RepeatedSynsAreCountedOnce) {
  connect({.id = 1});
  auto late = established({.id = 1}, now_, kSecond);
  late.syn_retransmits = 2;
  feed(late);
  auto end = closed({.id = 1}, now_, now_ - kSecond, now_);
  end.syn_retransmits = 2;
  feed(end);

  connect({.id = 2});
  auto silent = gave_up({.id = 2}, now_, now_ - kSecond, ETIMEDOUT);
  silent.syn_retransmits = 6;
  feed(silent);
  const account::Snapshot now = snapshot();
  EXPECT_EQ(traffic(now).syn_retransmits, 8U);
}

TEST_F(ConnectionsTest, SocketMayConnectAgainAfterItsEnd) {
  connect({});
  fail({}, ECONNREFUSED);
  open({});
  EXPECT_EQ(totals(), (Totals{.attempts = 2, .established = 1, .failed = 1, .open = 1}));
}

TEST_F(ConnectionsTest, SocketThatConnectsAgainWithoutAKnownEndLeavesTheGauge) {
  open({});
  open({});
  EXPECT_EQ(totals(), (Totals{.attempts = 2, .established = 2, .open = 1}));
}

// What holds for every sequence: each attempt became established, failed, was cancelled or is under way.
TEST_F(ConnectionsTest, AttemptsAreEstablishedFailedCancelledOrUnderWay) {
  std::uint64_t id = 0;
  for (int round = 0; round < 50; ++round, now_ += kMs) {
    open({.id = ++id});
    close({.id = id});
    connect({.id = ++id});
    fail({.id = id}, round % 2 ? ECONNREFUSED : EHOSTUNREACH);
    feed(connect_failed({.id = ++id}, now_, -EINVAL));
    connect({.id = ++id});
    fail({.id = id}, 0);
    open({.id = ++id});
    connect({.id = ++id});
  }
  const Totals sum = totals();
  EXPECT_EQ(sum, (Totals{.attempts = 300, .established = 100, .failed = 100, .open = 50}));
  const std::uint64_t cancelled = events(account::EventType::cancelled);
  const std::uint64_t under_way = pipeline().connections().table().size() - sum.open;
  EXPECT_EQ(sum.attempts, sum.established + sum.failed + cancelled + under_way);
}

TEST_F(ConnectionsTest, AcceptedSocketsAreNone) {
  feed(first_byte({.id = 77}, now_, now_ - kMs));
  EXPECT_EQ(totals(), Totals{});
}

// --- records that were lost

TEST_F(ConnectionsTest, LostAttemptIsRecoveredFromItsSuccess) {
  establish({});
  EXPECT_EQ(totals(), (Totals{.attempts = 1, .established = 1, .open = 1}));
  EXPECT_EQ(attempts("key_vault", kVault, "unknown"), 1U);
  EXPECT_EQ(last_connection().pid, 0U);
  close({});
  EXPECT_EQ(totals(), (Totals{.attempts = 1, .established = 1}));
}

TEST_F(ConnectionsTest, AHandshakeAloneIsNoSuccess) {
  open({});
  EXPECT_EQ(traffic(snapshot()).last_success_ns, 0U);
  auto end = closed({}, now_ + kSecond, now_, now_ + 10 * kMs);
  end.bytes_sent = 517;
  feed(end);
  EXPECT_EQ(traffic(snapshot()).last_success_ns, 0U) << "what was asked was not answered";
}

TEST_F(ConnectionsTest, LostAttemptIsRecoveredFromItsFailure) {
  fail({}, ECONNREFUSED);
  EXPECT_EQ(totals(), (Totals{.attempts = 1, .failed = 1}));
}

TEST_F(ConnectionsTest, LostSuccessIsRecoveredFromTheEnd) {
  connect({});
  auto end = closed({}, now_ + kSecond, now_, now_ + 10 * kMs);
  end.syn_retransmits = 1;
  feed(end);
  EXPECT_EQ(totals(), (Totals{.attempts = 1, .established = 1}));
  EXPECT_EQ(timed_handshakes("key_vault"), 1U);
  const account::Snapshot now = snapshot();
  EXPECT_EQ(traffic(now).last_success_ns, now_ + kSecond) << "nothing was asked, and it ended well";
  EXPECT_EQ(traffic(now).syn_retransmits, 1U);
}

TEST_F(ConnectionsTest, LostAttemptAndSuccessAreRecoveredFromTheEnd) {
  close({});
  EXPECT_EQ(totals(), (Totals{.attempts = 1, .established = 1}));
}

}  // namespace
}  // namespace egresswatch::test
