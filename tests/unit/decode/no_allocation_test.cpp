// SPDX-License-Identifier: Apache-2.0
// Decoding runs for every packet, hence never allocates.
#include <gtest/gtest.h>

#include "decode/dns_stream.h"
#include "decode/record.h"
#include "egresswatch/abi/records.h"
#include "harness/count_allocations.h"
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

}  // namespace
}  // namespace egresswatch::decode
