// SPDX-License-Identifier: Apache-2.0
// EDNS(0), RFC 6891.
#include <gtest/gtest.h>

#include "unit/decode/parsed.h"

namespace egresswatch::decode {
namespace {

TEST(DnsEdns, UdpSizeOfAQuery) {
  const Parsed parsed(DnsWireBuilder::query("a.example").opt(1232).bytes());
  EXPECT_EQ(parsed.error, DnsError::none);
  EXPECT_EQ(parsed.message.edns_udp_size, 1232);
}

TEST(DnsEdns, ExtendedRcode) {
  // BADVERS is 16: upper bits 1, lower bits 0.
  const Parsed parsed(DnsWireBuilder::answer("a.example", DnsWireBuilder::kA, 3).opt(512, 1).bytes());
  EXPECT_EQ(parsed.message.rcode, 16 + 3);
}

TEST(DnsEdns, OptionsThatFillTheRecord) {
  const WireBytes cookie = bytes_of({0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 12, 0, 0});
  EXPECT_EQ(Parsed(DnsWireBuilder::query("a.example").opt(1232, 0, cookie).bytes()).error, DnsError::none);
}

TEST(DnsEdns, OptionLongerThanTheRecord) {
  const WireBytes cookie = bytes_of({0, 10, 0, 8, 1, 2, 3});
  EXPECT_EQ(Parsed(DnsWireBuilder::query("a.example").opt(1232, 0, cookie).bytes()).error, DnsError::opt_malformed);
}

TEST(DnsEdns, HalfAnOptionHead) {
  EXPECT_EQ(Parsed(DnsWireBuilder::query("a.example").opt(1232, 0, bytes_of({0, 10, 0})).bytes()).error,
            DnsError::opt_malformed);
}

TEST(DnsEdns, OwnerThatIsNotTheRoot) {
  EXPECT_EQ(Parsed(DnsWireBuilder::query("a.example")
                       .record("a.example", DnsWireBuilder::kOpt, {}, 0, DnsSection::additional, 1232)
                       .bytes())
                .error,
            DnsError::opt_malformed);
}

TEST(DnsEdns, TwoOptRecords) {
  EXPECT_EQ(Parsed(DnsWireBuilder::query("a.example").opt(1232).opt(1232).bytes()).error, DnsError::opt_repeated);
}

TEST(DnsEdns, OptOutsideTheAdditionalSectionIsIgnored) {
  const Parsed parsed(DnsWireBuilder::answer("a.example")
                          .record("", DnsWireBuilder::kOpt, {}, 0xff000000, DnsSection::authority, 1232)
                          .bytes());
  EXPECT_EQ(parsed.error, DnsError::none);
  EXPECT_EQ(parsed.message.edns_udp_size, 0);
  EXPECT_EQ(parsed.message.rcode, 0);
}

}  // namespace
}  // namespace egresswatch::decode
