// SPDX-License-Identifier: Apache-2.0
#include "decode/server_reply.h"

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

namespace egresswatch::decode {
namespace {

using Kind = ServerReply::Kind;
using Bytes = std::vector<unsigned char>;

// kind, HTTP status, alert, its level
using Result = std::tuple<Kind, int, int, int>;
const Result kUnknown{Kind::unknown, 0, 0, 0};
const Result kHandshake{Kind::tls_handshake, 0, 0, 0};
const Result kAlertUnseen{Kind::tls_alert, 0, 0, 0};

Result parse(const Bytes& head) {
  const ServerReply reply = parse_server_reply(std::as_bytes(std::span(head)));
  return {reply.kind, reply.http_status, reply.tls_alert, reply.tls_alert_level};
}
Result parse(std::string_view head) { return parse(Bytes(head.begin(), head.end())); }

TEST(ServerReply, ServerHello) {
  EXPECT_EQ(parse(Bytes{22, 3, 3, 0, 122, 2, 0, 0, 118, 3, 3}), kHandshake);
  EXPECT_EQ(parse(Bytes{22, 3, 1, 0x40, 0}), kHandshake);
}

TEST(ServerReply, OtherHandshakeIsUnknown) {
  EXPECT_EQ(parse(Bytes{22, 3, 3, 0, 122, 1, 0, 0, 118}), kUnknown);
  EXPECT_EQ(parse(Bytes{22, 3, 3, 0, 4, 0, 0, 0, 0}), kUnknown);
  EXPECT_EQ(parse(Bytes{22, 3, 3, 0, 0}), kUnknown);
  EXPECT_EQ(parse(Bytes{22, 3, 3, 0x40, 1}), kUnknown);
  EXPECT_EQ(parse(Bytes{22, 3, 4, 0, 122}), kUnknown);
  EXPECT_EQ(parse(Bytes{22, 2, 0, 0, 122}), kUnknown);
}

TEST(ServerReply, Alert) {
  EXPECT_EQ(parse(Bytes{21, 3, 3, 0, 2, 2, 112}), (Result{Kind::tls_alert, 0, 112, 2}));
  EXPECT_EQ(parse(Bytes{21, 3, 1, 0, 2, 1, 0}), (Result{Kind::tls_alert, 0, 0, 1}));
  // of a server that knows SSL 3.0 only
  EXPECT_EQ(parse(Bytes{21, 3, 0, 0, 2, 2, 40}), (Result{Kind::tls_alert, 0, 40, 2}));
}

TEST(ServerReply, AlertThatIsNotThere) {
  EXPECT_EQ(parse(Bytes{21, 3, 3, 0, 2}), kAlertUnseen);
  EXPECT_EQ(parse(Bytes{21, 3, 3, 0, 2, 2}), kAlertUnseen);
}

TEST(ServerReply, AlertOfAnotherShapeIsUnknown) {
  EXPECT_EQ(parse(Bytes{21, 3, 3, 0, 26, 9, 9, 9}), kUnknown);
  EXPECT_EQ(parse(Bytes{21, 3, 3, 0, 2, 3, 40}), kUnknown);
  EXPECT_EQ(parse(Bytes{21, 3, 3, 0, 2, 0, 40}), kUnknown);
  EXPECT_EQ(parse(Bytes{21, 3, 3, 0, 0}), kUnknown);
}

TEST(ServerReply, HeaderOfTheRecordMustBeThere) {
  const Bytes hello{22, 3, 3, 0, 122};
  for (std::size_t size = 0; size < hello.size(); ++size)
    EXPECT_EQ(parse(Bytes(hello.begin(), hello.begin() + static_cast<std::ptrdiff_t>(size))), kUnknown) << size;
}

TEST(ServerReply, HttpStatus) {
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nContent-Lengt"), (Result{Kind::http, 200, 0, 0}));
  EXPECT_EQ(parse("HTTP/1.0 470 Denied"), (Result{Kind::http, 470, 0, 0}));
  EXPECT_EQ(parse("HTTP/1.1 407"), (Result{Kind::http, 407, 0, 0}));
  EXPECT_EQ(parse("HTTP/1.1 100\r\n"), (Result{Kind::http, 100, 0, 0}));
  EXPECT_EQ(parse("HTTP/1.1 599\n"), (Result{Kind::http, 599, 0, 0}));
}

TEST(ServerReply, NoStatusIsUnknown) {
  for (const std::string head : {"HTTP/1.1 099 x", "HTTP/1.1 600 x", "HTTP/1.1 20", "HTTP/1.1 2000", "HTTP/1.1 20x",
                                 "HTTP/1.1  200", "HTTP/1.x 200", "HTTP/2.0 200 OK", "HTTP/1.1200 OK",
                                 "http/1.1 200 OK", "HTTP/1.1 -20 x", "SSH-2.0-OpenSSH", "GET / HTTP/1.1", "220 mail"})
    EXPECT_EQ(parse(head), kUnknown) << head;
}

}  // namespace
}  // namespace egresswatch::decode
