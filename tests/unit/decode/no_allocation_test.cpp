// SPDX-License-Identifier: Apache-2.0
// Decoding runs for every packet, hence never allocates.
#include <gtest/gtest.h>

#include "decode/client_hello.h"
#include "decode/dns_stream.h"
#include "decode/first_payload.h"
#include "decode/http_head.h"
#include "decode/record.h"
#include "decode/server_reply.h"
#include "egresswatch/abi/records.h"
#include "harness/count_allocations.h"
#include "harness/hello_wire.h"
#include "unit/decode/parsed.h"

namespace egresswatch::decode {
namespace {

using egresswatch::testing::g_allocations;

TEST(NoAllocation, ParsingAnAnswer) {
  const WireBytes wire = DnsWireBuilder::answer("a.example")
                             .address("c.example", "192.0.2.1")
                             .cname("b.example", "c.example")
                             .cname("a.example", "\\001.b.example")
                             .opt(1232)
                             .bytes();
  DnsMessage message;
  const std::size_t before = g_allocations;
  const DnsError error = parse_dns(wire, message);
  EXPECT_EQ(g_allocations, before);
  EXPECT_EQ(error, DnsError::none);
}

TEST(NoAllocation, PuttingAStreamTogether) {
  WireBytes stream = bytes_of({0, 200});
  stream.resize(202);
  DnsStream assembler;
  std::size_t messages = 0;
  const std::size_t before = g_allocations;
  for (std::uint32_t at = 0; at < 202; at += 101)
    assembler.push(at, std::span(stream).subspan(at, 101), 101, [&](auto) { ++messages; });
  EXPECT_EQ(g_allocations, before);
  EXPECT_EQ(messages, 1U);
}

TEST(NoAllocation, DecodingARecord) {
  egw_tcp_attempt record{};
  record.header = {EGW_TCP_ATTEMPT, sizeof record, 1};
  record.tuple.family = 10;
  Event event;
  const std::size_t before = g_allocations;
  const RecordError error = decode_record(std::as_bytes(std::span(&record, 1)), event);
  EXPECT_EQ(g_allocations, before);
  EXPECT_EQ(error, RecordError::none);
}

TEST(NoAllocation, ReadingAClientHello) {
  const auto message = egresswatch::testing::HelloBuilder().post_quantum_key_share().server_name("A.example").message();
  const auto wire = egresswatch::testing::in_records(message, {100, 700});
  FirstPayload payload;
  HelloText text;
  ClientHello hello;
  TcpPayload pieces[2];
  pieces[0].payload = std::span(wire).first(1000);
  pieces[1].payload = std::span(wire).subspan(1000);
  pieces[1].offset = 1000;
  const std::size_t before = g_allocations;
  for (const TcpPayload& piece : pieces) payload.push(piece);
  const HelloStatus status = parse_client_hello(payload.bytes(), text, hello);
  EXPECT_EQ(g_allocations, before);
  EXPECT_EQ(status, HelloStatus::complete);
  EXPECT_EQ(hello.server_name, "a.example");
}

TEST(NoAllocation, ReadingARequestAndItsReply) {
  constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: [2001:DB8::1]:80\r\n\r\n";
  constexpr std::string_view kReply = "HTTP/1.1 200 OK\r\n";
  HttpText text;
  HttpRequest request;
  const std::size_t before = g_allocations;
  const bool sound = parse_http_request(std::as_bytes(std::span(kRequest)), text, request);
  const ServerReply reply = parse_server_reply(std::as_bytes(std::span(kReply)));
  EXPECT_EQ(g_allocations, before);
  EXPECT_TRUE(sound);
  EXPECT_EQ(request.host, "2001:db8::1");
  EXPECT_EQ(reply.http_status, 200);
}

}  // namespace
}  // namespace egresswatch::decode
