// SPDX-License-Identifier: Apache-2.0
#include "correlate/diagnose.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <utility>

// The values are those that Linux 6.18 shows for each cause: design.md section 3, tests/kernel.
namespace egresswatch::correlate {
namespace {

// linux/tcp_states.h
constexpr std::uint32_t kEstablished = 1;
constexpr std::uint32_t kSynSent = 2;
constexpr std::uint32_t kFinWait2 = 5;
constexpr std::uint32_t kCloseWait = 8;
constexpr std::uint32_t kLastAck = 9;

// linux/errqueue.h
constexpr std::uint8_t kIcmp = 2;
constexpr std::uint8_t kIcmp6 = 3;

constexpr Diagnosis kNoFailure{};
constexpr Diagnosis kCancelled{Stage::none, Cause::cancelled};

// A connection that ends while it waits for the answer to its SYN.
TcpClosed in_handshake() {
  TcpClosed closed;
  closed.attempt_ns = 1'000;
  closed.time_ns = 2'000;
  closed.old_state = kSynSent;
  closed.tuple.local.port = 40'000;
  closed.tuple.remote.address = IpAddress::v4(192, 0, 2, 1);
  closed.tuple.remote.port = 443;
  return closed;
}

// One that ends in this state after it was established.
TcpClosed after_established(std::uint32_t old_state) {
  TcpClosed closed = in_handshake();
  closed.established_ns = 1'500;
  closed.old_state = old_state;
  return closed;
}

TcpClosed with_icmp(std::uint8_t origin, std::uint8_t type, std::uint8_t code) {
  TcpClosed closed = in_handshake();
  closed.icmp_origin = origin;
  closed.icmp_type = type;
  closed.icmp_code = code;
  return closed;
}

TEST(DiagnoseHandshake, ResetIsRefused) {
  TcpClosed closed = in_handshake();
  closed.error = ECONNREFUSED;
  closed.rst_received = true;
  EXPECT_EQ(diagnose(closed), (Diagnosis{Stage::connect, Cause::refused}));
}

TEST(DiagnoseHandshake, ResetAfterRepeatedSynsIsRefused) {
  TcpClosed closed = in_handshake();
  closed.error = ECONNREFUSED;
  closed.rst_received = true;
  closed.syn_retransmits = 3;
  EXPECT_EQ(diagnose(closed), (Diagnosis{Stage::connect, Cause::refused}));
}

TEST(DiagnoseHandshake, ResetOutweighsAnIcmpMessageThatCameBefore) {
  TcpClosed closed = with_icmp(kIcmp, 3, 13);
  closed.error = ECONNREFUSED;
  closed.rst_received = true;
  EXPECT_EQ(diagnose(closed), (Diagnosis{Stage::connect, Cause::refused}));
}

TEST(DiagnoseHandshake, RefusalWithoutAResetCameByIcmp) {
  TcpClosed closed = in_handshake();
  closed.error = ECONNREFUSED;
  EXPECT_EQ(diagnose(closed), (Diagnosis{Stage::connect, Cause::icmp_unreachable}));
}

TEST(DiagnoseHandshake, IcmpPortUnreachable) {
  TcpClosed closed = with_icmp(kIcmp, 3, 3);
  closed.error = ECONNREFUSED;
  EXPECT_EQ(diagnose(closed), (Diagnosis{Stage::connect, Cause::icmp_unreachable}));
}

class DiagnoseIcmpCode : public ::testing::TestWithParam<std::pair<int, Cause>> {};

TEST_P(DiagnoseIcmpCode, OfDestinationUnreachable) {
  const auto [code, cause] = GetParam();
  TcpClosed closed = with_icmp(kIcmp, 3, static_cast<std::uint8_t>(code));
  closed.error = EHOSTUNREACH;
  closed.error_soft = EHOSTUNREACH;
  EXPECT_EQ(diagnose(closed), (Diagnosis{Stage::connect, cause}));
}

// RFC 792, RFC 1812 section 5.2.7.1
INSTANTIATE_TEST_SUITE_P(V4, DiagnoseIcmpCode,
                         ::testing::Values(std::pair{0, Cause::icmp_unreachable},    // network
                                           std::pair{1, Cause::icmp_unreachable},    // host
                                           std::pair{2, Cause::icmp_unreachable},    // protocol
                                           std::pair{9, Cause::icmp_prohibited},     // network prohibited
                                           std::pair{10, Cause::icmp_prohibited},    // host prohibited
                                           std::pair{12, Cause::icmp_unreachable},   // host, for this type of service
                                           std::pair{13, Cause::icmp_prohibited}));  // communication prohibited

class DiagnoseIcmp6Code : public ::testing::TestWithParam<std::pair<int, Cause>> {};

TEST_P(DiagnoseIcmp6Code, OfDestinationUnreachable) {
  const auto [code, cause] = GetParam();
  TcpClosed closed = with_icmp(kIcmp6, 1, static_cast<std::uint8_t>(code));
  closed.error = EACCES;
  EXPECT_EQ(diagnose(closed), (Diagnosis{Stage::connect, cause}));
}

// RFC 4443 section 3.1
INSTANTIATE_TEST_SUITE_P(V6, DiagnoseIcmp6Code,
                         ::testing::Values(std::pair{0, Cause::icmp_unreachable},   // no route
                                           std::pair{1, Cause::icmp_prohibited},    // administratively prohibited
                                           std::pair{2, Cause::icmp_unreachable},   // beyond scope of source address
                                           std::pair{3, Cause::icmp_unreachable},   // address
                                           std::pair{4, Cause::icmp_unreachable},   // port
                                           std::pair{5, Cause::icmp_prohibited},    // source address failed policy
                                           std::pair{6, Cause::icmp_prohibited}));  // reject route

TEST(DiagnoseHandshake, CodesOfOneProtocolMeanNothingInTheOther) {
  EXPECT_EQ(diagnose(with_icmp(kIcmp, 3, 1)).cause, Cause::icmp_unreachable);
  EXPECT_EQ(diagnose(with_icmp(kIcmp6, 1, 13)).cause, Cause::icmp_unreachable);
}

TEST(DiagnoseHandshake, CodesOfAnotherIcmpTypeAreNoProhibition) {
  EXPECT_EQ(diagnose(with_icmp(kIcmp, 11, 13)).cause, Cause::icmp_unreachable);
  EXPECT_EQ(diagnose(with_icmp(kIcmp6, 3, 1)).cause, Cause::icmp_unreachable);
}

TEST(DiagnoseHandshake, IcmpIsToldEvenIfTheClientClosedBeforeItMattered) {
  EXPECT_EQ(diagnose(with_icmp(kIcmp, 3, 13)), (Diagnosis{Stage::connect, Cause::icmp_prohibited}));
  EXPECT_EQ(diagnose(with_icmp(kIcmp6, 1, 0)), (Diagnosis{Stage::connect, Cause::icmp_unreachable}));
}

class DiagnoseIcmpErrno : public ::testing::TestWithParam<int> {};

// Before 5.18 there is no ICMP message, only the error that it became.
TEST_P(DiagnoseIcmpErrno, AsErrorOfTheSocket) {
  TcpClosed closed = in_handshake();
  closed.error = GetParam();
  EXPECT_EQ(diagnose(closed), (Diagnosis{Stage::connect, Cause::icmp_unreachable}));
}

TEST_P(DiagnoseIcmpErrno, AsSoftErrorOfAnAttemptThatTimedOut) {
  TcpClosed closed = in_handshake();
  closed.error = ETIMEDOUT;
  closed.error_soft = GetParam();
  closed.syn_retransmits = 6;
  EXPECT_EQ(diagnose(closed), (Diagnosis{Stage::connect, Cause::icmp_unreachable}));
}

INSTANTIATE_TEST_SUITE_P(All, DiagnoseIcmpErrno,
                         ::testing::Values(EHOSTUNREACH, ENETUNREACH, ENOPROTOOPT, EHOSTDOWN, ENONET, EPROTO));

// The same for ICMPv6, where a prohibition has an error of its own.
TEST(DiagnoseHandshake, ProhibitionOverIpv6BeforeLinux518) {
  TcpClosed closed = in_handshake();
  closed.tuple.remote.address = IpAddress::parse("2001:db8::1").value();
  closed.error = EACCES;
  EXPECT_EQ(diagnose(closed), (Diagnosis{Stage::connect, Cause::icmp_prohibited}));
  closed.error = ETIMEDOUT;
  closed.error_soft = EACCES;
  EXPECT_EQ(diagnose(closed), (Diagnosis{Stage::connect, Cause::icmp_prohibited}));
}

TEST(DiagnoseHandshake, RouteOfTypeProhibitThatCameMeanwhile) {
  TcpClosed closed = in_handshake();
  closed.error = EACCES;
  closed.syn_retransmits = 2;
  EXPECT_EQ(diagnose(closed), (Diagnosis{Stage::route, Cause::prohibited}));
}

TEST(DiagnoseHandshake, SilenceUntilTheKernelGaveUpIsNoReply) {
  TcpClosed closed = in_handshake();
  closed.error = ETIMEDOUT;
  closed.syn_retransmits = 6;
  EXPECT_EQ(diagnose(closed), (Diagnosis{Stage::connect, Cause::no_reply}));
}

TEST(DiagnoseHandshake, SilenceUntilTheClientGaveUpIsAbandoned) {
  TcpClosed closed = in_handshake();
  closed.syn_retransmits = 1;
  EXPECT_EQ(diagnose(closed), (Diagnosis{Stage::connect, Cause::abandoned}));
}

TEST(DiagnoseHandshake, ClosedBeforeASecondSynIsCancelledAndNoFailure) {
  const Diagnosis diagnosis = diagnose(in_handshake());
  EXPECT_EQ(diagnosis, kCancelled);
  EXPECT_FALSE(diagnosis.failed());
}

// --- what this host dropped itself

Circumstances dropped(std::string_view out, std::string_view in = {}) {
  return {.exchange = {}, .dropped_out_reason = out, .dropped_in_reason = in};
}

TEST(DiagnoseLocalDrop, RuleOnTheWayOut) {
  TcpClosed closed = in_handshake();
  closed.dropped_out = 3;
  closed.syn_retransmits = 2;
  const Diagnosis expected{Stage::connect, Cause::local_firewall};
  EXPECT_EQ(diagnose(closed, dropped("NETFILTER_DROP")), expected);
  EXPECT_EQ(diagnose(closed, dropped("TC_EGRESS")), expected);
  closed.error = ETIMEDOUT;
  EXPECT_EQ(diagnose(closed, dropped("NETFILTER_DROP")), expected);
}

// A local rule that rejects makes the RST or the ICMP message itself.
TEST(DiagnoseLocalDrop, RuleThatRejects) {
  TcpClosed closed = with_icmp(kIcmp, 3, 13);
  closed.dropped_out = 1;
  EXPECT_EQ(diagnose(closed, dropped("NETFILTER_DROP")).cause, Cause::local_firewall);
  closed = in_handshake();
  closed.dropped_out = 1;
  closed.error = ECONNREFUSED;
  closed.rst_received = true;
  EXPECT_EQ(diagnose(closed, dropped("NETFILTER_DROP")).cause, Cause::local_firewall);
}

TEST(DiagnoseLocalDrop, NextHopThatDoesNotAnswer) {
  TcpClosed closed = in_handshake();
  closed.dropped_out = 1;
  closed.error = EHOSTUNREACH;
  EXPECT_EQ(diagnose(closed, dropped("NEIGH_FAILED")), (Diagnosis{Stage::connect, Cause::neighbour}));
}

TEST(DiagnoseLocalDrop, RuleOnTheWayIn) {
  TcpClosed closed = in_handshake();
  closed.dropped_in = 3;
  closed.syn_retransmits = 2;
  EXPECT_EQ(diagnose(closed, dropped("", "NETFILTER_DROP")), (Diagnosis{Stage::connect, Cause::local_firewall_reply}));
}

TEST(DiagnoseLocalDrop, AnyOtherReasonIsNoFirewall) {
  TcpClosed closed = in_handshake();
  closed.dropped_out = 3;
  closed.dropped_in = 3;
  closed.syn_retransmits = 2;
  for (const std::string_view reason : {"", "QDISC_DROP", "NOMEM"})
    EXPECT_EQ(diagnose(closed, dropped(reason, reason)), (Diagnosis{Stage::connect, Cause::abandoned})) << reason;
}

TEST(DiagnoseHandshake, NoLocalPortIsARouteFailure) {
  TcpClosed closed = in_handshake();
  closed.tuple.local.port = 0;
  EXPECT_EQ(diagnose(closed), (Diagnosis{Stage::route, Cause::no_local_port}));
}

TEST(DiagnoseHandshake, UnderWayAtStartIsJudgedLikeAnyOther) {
  TcpClosed closed = in_handshake();
  closed.attempt_ns = 0;
  closed.existed_at_start = true;
  closed.error = ETIMEDOUT;
  closed.syn_retransmits = 6;
  EXPECT_EQ(diagnose(closed), (Diagnosis{Stage::connect, Cause::no_reply}));
}

// The state before CLOSE is not always SYN_SENT: a simultaneous open passes SYN_RECV.
TEST(DiagnoseHandshake, NeverEstablishedCountsWhateverTheStateBefore) {
  constexpr std::uint32_t kSynRecv = 3;
  TcpClosed closed = in_handshake();
  closed.old_state = kSynRecv;
  closed.error = ETIMEDOUT;
  EXPECT_EQ(diagnose(closed), (Diagnosis{Stage::connect, Cause::no_reply}));
}

TEST(DiagnoseData, OrderlyEndIsNoFailure) {
  for (const std::uint32_t state : {kFinWait2, kLastAck, kCloseWait, kEstablished})
    EXPECT_EQ(diagnose(after_established(state)), kNoFailure) << state;
}

TEST(DiagnoseData, ResetInMidStream) {
  TcpClosed closed = after_established(kEstablished);
  closed.error = ECONNRESET;
  closed.rst_received = true;
  EXPECT_EQ(diagnose(closed), (Diagnosis{Stage::data, Cause::reset}));
}

TEST(DiagnoseData, ResetAfterOurOwnFinIsNoFailure) {
  TcpClosed closed = after_established(kFinWait2);
  closed.rst_received = true;
  EXPECT_EQ(diagnose(closed), kNoFailure);
}

TEST(DiagnoseData, ResetAfterThePeersFinIsNoFailure) {
  TcpClosed closed = after_established(kCloseWait);
  closed.error = EPIPE;
  closed.rst_received = true;
  EXPECT_EQ(diagnose(closed), kNoFailure);
}

TEST(DiagnoseData, AbortByThisHostIsNoFailure) {
  TcpClosed closed = after_established(kEstablished);
  closed.error = ECONNRESET;  // what a socket has that the application closed with unread data
  EXPECT_EQ(diagnose(closed), kNoFailure);
}

TEST(DiagnoseData, NeverAcknowledgedUntilTheKernelGaveUpIsATimeout) {
  TcpClosed closed = after_established(kEstablished);
  closed.error = ETIMEDOUT;
  closed.retransmits = 15;
  EXPECT_EQ(diagnose(closed), (Diagnosis{Stage::data, Cause::timeout}));
}

TEST(DiagnoseData, IcmpErrorInPlaceOfTheTimeoutIsATimeout) {
  TcpClosed closed = after_established(kEstablished);
  closed.error = EHOSTUNREACH;
  closed.error_soft = EHOSTUNREACH;
  EXPECT_EQ(diagnose(closed), (Diagnosis{Stage::data, Cause::timeout}));
}

TEST(DiagnoseData, ProhibitionOverIpv6InPlaceOfTheTimeoutIsATimeout) {
  TcpClosed closed = after_established(kEstablished);
  closed.tuple.remote.address = IpAddress::parse("2001:db8::1").value();
  closed.error = EACCES;
  EXPECT_EQ(diagnose(closed), (Diagnosis{Stage::data, Cause::timeout}));
}

TEST(DiagnoseData, SoftErrorThatWasOvercomeIsNoFailure) {
  TcpClosed closed = after_established(kFinWait2);
  closed.error_soft = EHOSTUNREACH;
  EXPECT_EQ(diagnose(closed), kNoFailure);
}

TEST(DiagnoseData, IcmpMessageOfAHandshakeThatThenWorkedIsNoFailure) {
  TcpClosed closed = after_established(kFinWait2);
  closed.icmp_origin = kIcmp;
  closed.icmp_type = 3;
  closed.icmp_code = 13;
  EXPECT_EQ(diagnose(closed), kNoFailure);
}

// Found at start: when it was established is not known, but that it was.
TEST(DiagnoseData, ExistingAtStartWasEstablished) {
  TcpClosed closed = after_established(kFinWait2);
  closed.attempt_ns = 0;
  closed.established_ns = 0;
  closed.existed_at_start = true;
  EXPECT_EQ(diagnose(closed), kNoFailure);
}

TEST(DiagnoseData, ExistingAtStartCanBeReset) {
  TcpClosed closed = after_established(kEstablished);
  closed.established_ns = 0;
  closed.existed_at_start = true;
  closed.rst_received = true;
  closed.error = ECONNRESET;
  EXPECT_EQ(diagnose(closed), (Diagnosis{Stage::data, Cause::reset}));
}

ConnectFailed refused_by_route(int error) {
  ConnectFailed failed;
  failed.route_error = error;
  return failed;
}

TEST(DiagnoseRoute, TablesThatKnowNoRoute) {
  EXPECT_EQ(diagnose(refused_by_route(-EAGAIN)), (Diagnosis{Stage::route, Cause::no_route}));
  EXPECT_EQ(diagnose(refused_by_route(-ENETUNREACH)), (Diagnosis{Stage::route, Cause::no_route}));
}

TEST(DiagnoseRoute, RouteOfTypeUnreachable) {
  EXPECT_EQ(diagnose(refused_by_route(-EHOSTUNREACH)), (Diagnosis{Stage::route, Cause::no_route}));
}

TEST(DiagnoseRoute, RouteOfTypeProhibit) {
  EXPECT_EQ(diagnose(refused_by_route(-EACCES)), (Diagnosis{Stage::route, Cause::prohibited}));
}

TEST(DiagnoseRoute, RouteOfTypeBlackhole) {
  EXPECT_EQ(diagnose(refused_by_route(-EINVAL)), (Diagnosis{Stage::route, Cause::prohibited}));
}

TEST(DiagnoseRoute, VerdictOfAnotherCgroupProgram) {
  ConnectFailed failed;
  failed.verdict_error = -EPERM;
  EXPECT_EQ(diagnose(failed), (Diagnosis{Stage::route, Cause::denied_locally}));
}

TEST(DiagnoseRoute, VerdictOutweighsARouteError) {
  ConnectFailed failed = refused_by_route(-EAGAIN);
  failed.verdict_error = -EPERM;
  EXPECT_EQ(diagnose(failed), (Diagnosis{Stage::route, Cause::denied_locally}));
}

TEST(DiagnoseRoute, NeitherIsASecurityPolicy) {
  EXPECT_EQ(diagnose(ConnectFailed{}), (Diagnosis{Stage::route, Cause::denied_locally}));
}

}  // namespace
}  // namespace egresswatch::correlate
