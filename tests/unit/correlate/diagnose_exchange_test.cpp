// SPDX-License-Identifier: Apache-2.0
// What ended between the handshake of TCP and the first useful byte. The values are those of Linux 6.18.
#include <gtest/gtest.h>

#include <cerrno>

#include "correlate/diagnose.h"

namespace egresswatch::correlate {
namespace {

using Kind = Exchange::Kind;

constexpr std::uint64_t kMs = 1'000'000;

// linux/tcp_states.h
constexpr std::uint32_t kEstablished = 1;
constexpr std::uint32_t kFinWait1 = 4;
constexpr std::uint32_t kFinWait2 = 5;
constexpr std::uint32_t kLastAck = 9;

constexpr Diagnosis kNoFailure{};
constexpr Diagnosis kCancelled{Stage::none, Cause::cancelled};

// Connected after 10 ms, sent 517 bytes 1 ms later, ends `after_ms` after that.
TcpClosed ended(std::uint32_t old_state, std::uint64_t after_ms) {
  TcpClosed closed;
  closed.attempt_ns = 1'000 * kMs;
  closed.established_ns = 1'010 * kMs;
  closed.first_sent_ns = 1'011 * kMs;
  closed.time_ns = (1'011 + after_ms) * kMs;
  closed.old_state = old_state;
  closed.bytes_sent = 517;
  closed.tuple.local.port = 40'000;
  closed.tuple.remote.address = IpAddress::v4(192, 0, 2, 1);
  closed.tuple.remote.port = 443;
  return closed;
}

TcpClosed answered(TcpClosed closed, std::uint64_t bytes_after_hello) {
  closed.first_received_ns = 1'020 * kMs;
  closed.bytes_received = 3'000;
  closed.bytes_sent += bytes_after_hello;
  return closed;
}

TcpClosed with_reset(TcpClosed closed) {
  closed.rst_received = true;
  closed.error = ECONNRESET;
  return closed;
}

Circumstances tls() {
  Circumstances c;
  c.exchange.kind = Kind::tls;
  c.exchange.hello_bytes = 517;
  return c;
}

Circumstances tls_answered(ServerReply::Kind kind = ServerReply::Kind::tls_handshake) {
  Circumstances c = tls();
  c.exchange.replied = true;
  c.exchange.reply.kind = kind;
  return c;
}

Circumstances asked(Kind kind) {
  Circumstances c;
  c.exchange.kind = kind;
  return c;
}

TEST(DiagnoseTls, ResetInAnswerToTheHello) {
  EXPECT_EQ(diagnose(with_reset(ended(kEstablished, 2)), tls()), (Diagnosis{Stage::tls, Cause::reset_after_hello}));
}

TEST(DiagnoseTls, FinInAnswerToTheHello) {
  TcpClosed closed = ended(kLastAck, 2);
  closed.bytes_received = 1;  // the FIN
  EXPECT_EQ(diagnose(closed, tls()), (Diagnosis{Stage::tls, Cause::closed_after_hello}));
}

TEST(DiagnoseTls, SilenceUntilTheClientGaveUp) {
  EXPECT_EQ(diagnose(ended(kEstablished, 5'000), tls()), (Diagnosis{Stage::tls, Cause::no_server_response}));
  EXPECT_EQ(diagnose(ended(kFinWait2, 5'000), tls()), (Diagnosis{Stage::tls, Cause::no_server_response}));
}

TEST(DiagnoseTls, SilenceUntilKeepAliveGaveUp) {
  TcpClosed closed = ended(kEstablished, 60'000);
  closed.error = ETIMEDOUT;
  EXPECT_EQ(diagnose(closed, tls()), (Diagnosis{Stage::tls, Cause::no_server_response}));
}

TEST(DiagnoseTls, HelloThatIsNotAcknowledged) {
  TcpClosed closed = ended(kEstablished, 5'000);
  closed.unacked_bytes = 517;
  closed.stalled_retransmits = 4;
  EXPECT_EQ(diagnose(closed, tls()), (Diagnosis{Stage::tls, Cause::hello_not_acked}));
  closed.error = ETIMEDOUT;
  EXPECT_EQ(diagnose(closed, tls()), (Diagnosis{Stage::tls, Cause::hello_not_acked}));
}

TEST(DiagnoseTls, ClientThatChangesItsMindAtOnce) {
  EXPECT_EQ(diagnose(ended(kEstablished, 999), tls()), kCancelled);
  EXPECT_EQ(diagnose(ended(kEstablished, 1'000), tls()), (Diagnosis{Stage::tls, Cause::no_server_response}));
}

TEST(DiagnoseTls, ClientThatHangsUpAfterTheCertificate) {
  const Diagnosis rejected{Stage::tls, Cause::client_rejected};
  EXPECT_EQ(diagnose(answered(ended(kFinWait2, 12), 0), tls_answered()), rejected);
  EXPECT_EQ(diagnose(answered(ended(kFinWait2, 12), 7), tls_answered()), rejected);     // an alert of TLS 1.2
  EXPECT_EQ(diagnose(answered(ended(kFinWait2, 12), 30), tls_answered()), rejected);    // of TLS 1.3, with CCS
  EXPECT_EQ(diagnose(answered(ended(kEstablished, 12), 7), tls_answered()), rejected);  // close() with unread data
}

// Node.js looks at the certificate when the handshake is done.
TEST(DiagnoseTls, ClientThatFinishesTheHandshakeAndHangsUpAtOnceWithoutARequest) {
  const Diagnosis rejected{Stage::tls, Cause::client_rejected};
  EXPECT_EQ(diagnose(answered(ended(kFinWait2, 12), 80), tls_answered()), rejected);
  EXPECT_EQ(diagnose(answered(ended(kFinWait2, 12), 104), tls_answered()), rejected);
  EXPECT_EQ(diagnose(answered(ended(kFinWait2, 12), 105), tls_answered()), kNoFailure);
  // a connection that was opened in advance and not needed
  EXPECT_EQ(diagnose(answered(ended(kFinWait2, 1'009), 80), tls_answered()), kNoFailure);
}

TEST(DiagnoseTls, ServerThatHangsUpOnTheClientsAlert) {
  const Diagnosis rejected{Stage::tls, Cause::client_rejected};
  EXPECT_EQ(diagnose(answered(ended(kLastAck, 12), 7), tls_answered()), rejected);
  EXPECT_EQ(diagnose(with_reset(answered(ended(kEstablished, 12), 30)), tls_answered()), rejected);
  // ChangeCipherSpec alone says nothing
  EXPECT_EQ(diagnose(answered(ended(kLastAck, 12), 6), tls_answered()),
            (Diagnosis{Stage::tls, Cause::closed_after_hello}));
}

TEST(DiagnoseTls, FinishedHandshakeIsNoRejection) {
  EXPECT_EQ(diagnose(answered(ended(kLastAck, 12), 58), tls_answered()), kNoFailure);
  EXPECT_EQ(diagnose(answered(ended(kFinWait2, 12), 800), tls_answered()), kNoFailure);
}

TEST(DiagnoseTls, HelloOfUnknownLengthTellsOfNoRejection) {
  Circumstances c = tls_answered();
  c.exchange.hello_bytes = 0;
  EXPECT_EQ(diagnose(answered(ended(kFinWait2, 12), 0), c), kNoFailure);
}

TEST(DiagnoseTls, ServerThatBreaksOffInTheHandshake) {
  EXPECT_EQ(diagnose(with_reset(answered(ended(kEstablished, 12), 0)), tls_answered()),
            (Diagnosis{Stage::tls, Cause::reset_after_hello}));
  EXPECT_EQ(diagnose(answered(ended(kLastAck, 12), 0), tls_answered()),
            (Diagnosis{Stage::tls, Cause::closed_after_hello}));
}

TEST(DiagnoseTls, ServerThatAnswersWithAnAlert) {
  EXPECT_EQ(diagnose(answered(ended(kFinWait2, 12), 0), tls_answered(ServerReply::Kind::tls_alert)),
            (Diagnosis{Stage::tls, Cause::closed_after_hello}));
}

TEST(DiagnoseTls, WhatComesAfterTheHandshakeIsData) {
  EXPECT_EQ(diagnose(with_reset(answered(ended(kEstablished, 50), 400)), tls_answered()),
            (Diagnosis{Stage::data, Cause::reset}));
}

TEST(DiagnoseTls, ResetThatOvertakesTheFinOfAPeerThatHasClosed) {
  TcpClosed closed = with_reset(answered(ended(kEstablished, 50), 400));
  for (const std::uint32_t close_notify : {24U, 31U}) {
    closed.unacked_bytes = close_notify;
    EXPECT_EQ(diagnose(closed, tls_answered()), kNoFailure);
    EXPECT_EQ(diagnose(closed), (Diagnosis{Stage::data, Cause::reset}));  // not TLS, as far as is known
  }
  closed.unacked_bytes = 100;
  EXPECT_EQ(diagnose(closed, tls_answered()), (Diagnosis{Stage::data, Cause::reset}));
}

TEST(DiagnoseProxy, NoAnswerToTheRequest) {
  const Diagnosis error{Stage::proxy, Cause::proxy_error};
  for (const Kind kind : {Kind::tunnel, Kind::proxied}) {
    EXPECT_EQ(diagnose(with_reset(ended(kEstablished, 2)), asked(kind)), error);
    EXPECT_EQ(diagnose(ended(kLastAck, 2), asked(kind)), error);
    EXPECT_EQ(diagnose(ended(kEstablished, 3'000), asked(kind)), error);
    EXPECT_EQ(diagnose(ended(kEstablished, 300), asked(kind)), kCancelled);
  }
}

TEST(DiagnoseHttp, NoAnswerToTheRequest) {
  EXPECT_EQ(diagnose(ended(kEstablished, 3'000), asked(Kind::http)), (Diagnosis{Stage::data, Cause::timeout}));
  EXPECT_EQ(diagnose(ended(kEstablished, 300), asked(Kind::http)), kCancelled);
  EXPECT_EQ(diagnose(with_reset(ended(kEstablished, 3)), asked(Kind::http)), (Diagnosis{Stage::data, Cause::reset}));
  TcpClosed closed = ended(kLastAck, 3);
  EXPECT_EQ(diagnose(closed, asked(Kind::http)), kNoFailure);
  closed.tuple.remote.port = 80;
  EXPECT_EQ(diagnose(closed, asked(Kind::http)), (Diagnosis{Stage::http, Cause::http_error}));
}

// Of a protocol that is not known here a silence may be as it should: logs are sent that way.
TEST(DiagnoseOther, SilenceIsNoFailure) {
  EXPECT_EQ(diagnose(ended(kEstablished, 5'000)), kNoFailure);
  EXPECT_EQ(diagnose(ended(kFinWait1, 5'000)), kNoFailure);
}

TEST(DiagnoseData, ClientThatGivesUpOnRepeatedData) {
  TcpClosed closed = answered(ended(kEstablished, 20'000), 400);
  closed.unacked_bytes = 100;
  closed.stalled_retransmits = 1;
  EXPECT_EQ(diagnose(closed, tls_answered()), kNoFailure);  // 200 ms: nothing is certain yet
  closed.stalled_retransmits = 2;
  EXPECT_EQ(diagnose(closed, tls_answered()), (Diagnosis{Stage::data, Cause::timeout}));
}

TEST(DiagnoseData, SilenceBeforeTheTrouble) {
  Circumstances c = tls_answered();
  c.idle_threshold_ns = 240'000 * kMs;
  TcpClosed closed = with_reset(answered(ended(kEstablished, 300'000), 400));
  closed.idle_ns = 240'000 * kMs;
  EXPECT_EQ(diagnose(closed, c), (Diagnosis{Stage::data, Cause::idle_reset}));
  closed.idle_ns -= 1;
  EXPECT_EQ(diagnose(closed, c), (Diagnosis{Stage::data, Cause::reset}));
  closed.rst_received = false;
  closed.error = ETIMEDOUT;
  EXPECT_EQ(diagnose(closed, c), (Diagnosis{Stage::data, Cause::timeout}));
  closed.idle_ns += 1;
  EXPECT_EQ(diagnose(closed, c), (Diagnosis{Stage::data, Cause::idle_blackhole}));
}

}  // namespace
}  // namespace egresswatch::correlate
