// SPDX-License-Identifier: Apache-2.0
// What the first bytes of an answer mean.
#include <gtest/gtest.h>

#include <utility>

#include "correlate/diagnose.h"

namespace egresswatch::correlate {
namespace {

using Kind = Exchange::Kind;

constexpr Diagnosis kNoFailure{};
constexpr Answerer kRevocation{.known = true, .imds = false, .port = 80};
constexpr Answerer kImds{.known = true, .imds = true, .port = 80};
constexpr Answerer kStranger{.known = false, .imds = false, .port = 80};

Exchange reply(Kind kind, std::uint16_t status) {
  Exchange exchange;
  exchange.kind = kind;
  exchange.replied = true;
  exchange.reply.kind = status ? ServerReply::Kind::http : ServerReply::Kind::unknown;
  exchange.reply.http_status = status;
  return exchange;
}

TEST(DiagnoseReply, NothingIsSaidBeforeTheAnswer) {
  Exchange exchange = reply(Kind::tunnel, 407);
  exchange.replied = false;
  EXPECT_EQ(diagnose(exchange, kStranger), kNoFailure);
}

TEST(DiagnoseReply, Tunnel) {
  for (const auto& [status, expected] : {std::pair<std::uint16_t, Diagnosis>{200, kNoFailure},
                                         {100, kNoFailure},
                                         {407, {Stage::proxy, Cause::proxy_auth_required}},
                                         {403, {Stage::proxy, Cause::proxy_denied}},
                                         {502, {Stage::proxy, Cause::proxy_error}},
                                         {302, {Stage::proxy, Cause::proxy_error}},
                                         {0, {Stage::proxy, Cause::proxy_error}}})
    EXPECT_EQ(diagnose(reply(Kind::tunnel, status), {.known = true, .imds = false, .port = 443}), expected) << status;
}

TEST(DiagnoseReply, DocumentFromAProxy) {
  for (const auto& [status, expected] : {std::pair<std::uint16_t, Diagnosis>{200, kNoFailure},
                                         {407, {Stage::proxy, Cause::proxy_auth_required}},
                                         {403, {Stage::proxy, Cause::proxy_denied}},
                                         {502, {Stage::proxy, Cause::proxy_error}},
                                         {503, {Stage::proxy, Cause::proxy_error}},
                                         {504, {Stage::proxy, Cause::proxy_error}},
                                         {404, {Stage::http, Cause::http_error}},
                                         {470, {Stage::http, Cause::denied_by_firewall}}})
    EXPECT_EQ(diagnose(reply(Kind::proxied, status), kRevocation), expected) << status;
  EXPECT_EQ(diagnose(reply(Kind::proxied, 404), kStranger), kNoFailure);
}

TEST(DiagnoseReply, Server) {
  for (const auto& [status, expected] : {std::pair<std::uint16_t, Diagnosis>{200, kNoFailure},
                                         {304, kNoFailure},
                                         {404, {Stage::http, Cause::http_error}},
                                         {410, {Stage::http, Cause::http_error}},
                                         {429, {Stage::http, Cause::http_error}},
                                         {470, {Stage::http, Cause::denied_by_firewall}},
                                         {503, {Stage::http, Cause::http_error}}})
    EXPECT_EQ(diagnose(reply(Kind::http, status), kRevocation), expected) << status;
}

TEST(DiagnoseReply, InstanceMetadataIsThrottled) {
  EXPECT_EQ(diagnose(reply(Kind::http, 429), kImds), (Diagnosis{Stage::http, Cause::imds_throttled}));
  EXPECT_EQ(diagnose(reply(Kind::http, 410), kImds), (Diagnosis{Stage::http, Cause::http_error}));
}

TEST(DiagnoseReply, StrangersMayAnswerAsTheyLike) {
  EXPECT_EQ(diagnose(reply(Kind::http, 503), kStranger), kNoFailure);
  EXPECT_EQ(diagnose(reply(Kind::http, 470), kStranger), (Diagnosis{Stage::http, Cause::denied_by_firewall}));
  EXPECT_EQ(diagnose(reply(Kind::http, 470), {.known = true, .imds = false, .port = 8080}), kNoFailure);
}

TEST(DiagnoseReply, TlsIsJudgedByItsEnd) {
  EXPECT_EQ(diagnose(reply(Kind::tls, 0), kRevocation), kNoFailure);
  EXPECT_EQ(diagnose(reply(Kind::none, 0), kRevocation), kNoFailure);
}

}  // namespace
}  // namespace egresswatch::correlate
