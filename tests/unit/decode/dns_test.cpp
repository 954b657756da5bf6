// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cstdlib>

#include "unit/decode/parsed.h"

namespace egresswatch::decode {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Dns, Query) {
  const Parsed parsed(DnsWireBuilder::query("www.example.org", DnsWireBuilder::kAaaa, 0xbeef).bytes());
  EXPECT_EQ(parsed.error, DnsError::none);
  EXPECT_EQ(parsed.message.id, 0xbeef);
  EXPECT_FALSE(parsed.message.response);
  EXPECT_FALSE(parsed.message.truncated);
  EXPECT_EQ(parsed.message.opcode, 0);
  EXPECT_EQ(parsed.message.question, "www.example.org");
  EXPECT_EQ(parsed.message.question_type, DnsWireBuilder::kAaaa);
  EXPECT_EQ(parsed.message.question_class, DnsWireBuilder::kIn);
  EXPECT_EQ(parsed.message.edns_udp_size, 0);
}

TEST(Dns, EmptyAnswer) {
  const Parsed parsed(DnsWireBuilder::answer("www.example.org").bytes());
  EXPECT_EQ(parsed.error, DnsError::none);
  EXPECT_TRUE(parsed.message.response);
  EXPECT_TRUE(parsed.message.chain_complete);
  EXPECT_THAT(parsed.addresses(), IsEmpty());
}

TEST(Dns, ParsingAgainForgetsTheMessageBefore) {
  Parsed parsed(DnsWireBuilder::answer("a.example", DnsWireBuilder::kA, 2)
                    .truncated()
                    .cname("a.example", "b.example")
                    .address("b.example", "192.0.2.1")
                    .opt(4096)
                    .bytes());
  const WireBytes query = DnsWireBuilder::query("c.example").bytes();
  EXPECT_EQ(parse_dns(query, parsed.message), DnsError::none);
  EXPECT_EQ(parsed.message.question, "c.example");
  EXPECT_FALSE(parsed.message.response);
  EXPECT_FALSE(parsed.message.truncated);
  EXPECT_EQ(parsed.message.rcode, 0);
  EXPECT_EQ(parsed.message.edns_udp_size, 0);
  EXPECT_EQ(parsed.message.min_cname_ttl_s, 0U);
  EXPECT_THAT(parsed.cnames(), IsEmpty());
  EXPECT_THAT(parsed.addresses(), IsEmpty());
}

TEST(Dns, ChainInAnyOrderOfRecords) {
  const Parsed parsed(DnsWireBuilder::answer("a.example")
                          .address("d.example", "192.0.2.4")
                          .cname("c.example", "d.example", 30)
                          .cname("b.example", "c.example", 20)
                          .cname("a.example", "b.example", 10)
                          .address("d.example", "192.0.2.5")
                          .bytes());
  EXPECT_EQ(parsed.error, DnsError::none);
  EXPECT_THAT(parsed.cnames(), ElementsAre("b.example", "c.example", "d.example"));
  EXPECT_THAT(parsed.addresses(), ElementsAre("192.0.2.4", "192.0.2.5"));
  EXPECT_EQ(parsed.message.min_cname_ttl_s, 10U);
}

TEST(Dns, OwnersThatDifferInCaseOnly) {
  const Parsed parsed(DnsWireBuilder::answer("VaUlT.eXaMpLe")
                          .cname("vault.example", "Target.Example")
                          .address("tARGET.eXAMPLE", "192.0.2.1")
                          .bytes());
  EXPECT_EQ(parsed.message.question, "vault.example");
  EXPECT_THAT(parsed.cnames(), ElementsAre("target.example"));
  EXPECT_THAT(parsed.addresses(), ElementsAre("192.0.2.1"));
}

TEST(Dns, NamesWithoutCompression) {
  const Parsed parsed(DnsWireBuilder::answer("a.example")
                          .compress(false)
                          .cname("a.example", "b.example")
                          .address("b.example", "192.0.2.1")
                          .bytes());
  EXPECT_THAT(parsed.cnames(), ElementsAre("b.example"));
  EXPECT_THAT(parsed.addresses(), ElementsAre("192.0.2.1"));
}

TEST(Dns, RecordsOfForeignOwnersAreIgnored) {
  const Parsed parsed(DnsWireBuilder::answer("a.example")
                          .address("x.example", "192.0.2.9")
                          .cname("y.example", "z.example")
                          .address("a.example", "192.0.2.1")
                          .address("z.example", "192.0.2.8")
                          .bytes());
  EXPECT_EQ(parsed.error, DnsError::none);
  EXPECT_THAT(parsed.cnames(), IsEmpty());
  EXPECT_THAT(parsed.addresses(), ElementsAre("192.0.2.1"));
}

TEST(Dns, AddressesOutsideTheAnswerSectionAreIgnored) {
  const WireBytes address = bytes_of({192, 0, 2, 7});
  const Parsed parsed(DnsWireBuilder::answer("a.example")
                          .address("a.example", "192.0.2.1")
                          .record("a.example", DnsWireBuilder::kA, address, 60, DnsSection::authority)
                          .record("a.example", DnsWireBuilder::kA, address, 60, DnsSection::additional)
                          .bytes());
  EXPECT_EQ(parsed.error, DnsError::none);
  EXPECT_THAT(parsed.addresses(), ElementsAre("192.0.2.1"));
}

TEST(Dns, OtherTypesAreSteppedOver) {
  const Parsed parsed(DnsWireBuilder::answer("a.example")
                          .record("a.example", DnsWireBuilder::kTxt, bytes_of({3, 'a', 'b', 'c'}))
                          .address("a.example", "192.0.2.1")
                          .bytes());
  EXPECT_THAT(parsed.addresses(), ElementsAre("192.0.2.1"));
}

TEST(Dns, RecordsOfOtherClassesAreIgnored) {
  constexpr std::uint16_t kChaos = 3;
  const Parsed parsed(DnsWireBuilder::answer("a.example")
                          .record("a.example", DnsWireBuilder::kA, bytes_of({1, 2}), 0, DnsSection::answer, kChaos)
                          .address("a.example", "192.0.2.1")
                          .bytes());
  EXPECT_EQ(parsed.error, DnsError::none);
  EXPECT_THAT(parsed.addresses(), ElementsAre("192.0.2.1"));
}

TEST(Dns, QuestionOfAnotherClassHasNoAddresses) {
  constexpr std::uint16_t kChaos = 3;
  const Parsed parsed(DnsWireBuilder(1, 0x8180)
                          .question("a.example", DnsWireBuilder::kA, kChaos)
                          .address("a.example", "192.0.2.1")
                          .bytes());
  EXPECT_EQ(parsed.error, DnsError::none);
  EXPECT_EQ(parsed.message.question, "a.example");
  EXPECT_EQ(parsed.message.question_class, kChaos);
  EXPECT_THAT(parsed.addresses(), IsEmpty());
}

TEST(Dns, QueryHasNoAddresses) {
  const Parsed parsed(DnsWireBuilder::query("a.example").address("a.example", "192.0.2.1").bytes());
  EXPECT_EQ(parsed.error, DnsError::none);
  EXPECT_THAT(parsed.addresses(), IsEmpty());
}

TEST(Dns, OfOtherOpcodesOnlyTheQuestionIsRead) {
  // An UPDATE deletes with RDLENGTH 0 (RFC 2136 section 2.5.2), which no answer may have.
  const Parsed parsed(
      DnsWireBuilder(1, 0x2800).question("example", 6).record("a.example", DnsWireBuilder::kA, {}).bytes());
  EXPECT_EQ(parsed.error, DnsError::none);
  EXPECT_EQ(parsed.message.opcode, 5);
  EXPECT_EQ(parsed.message.question, "example");
}

TEST(Dns, TtlWithTheTopBitSetIsZero) {
  const Parsed parsed(DnsWireBuilder::answer("a.example")
                          .cname("a.example", "b.example", 0xffffffff)
                          .address("b.example", "192.0.2.1", 0x80000000)
                          .bytes());
  EXPECT_EQ(parsed.message.min_cname_ttl_s, 0U);
  EXPECT_EQ(parsed.message.addresses[0].ttl_s, 0U);
}

TEST(Dns, FurtherAddressesAreCounted) {
  auto builder = DnsWireBuilder::answer("a.example");
  for (std::size_t i = 0; i < DnsMessage::kMaxAddresses + 3; ++i) builder.address("a.example", "192.0.2.1");
  const Parsed parsed(builder.bytes());
  EXPECT_EQ(parsed.error, DnsError::none);
  EXPECT_THAT(parsed.addresses(), SizeIs(DnsMessage::kMaxAddresses));
  EXPECT_EQ(parsed.message.addresses_left_out, 3);
}

TEST(Dns, LongChainIsCut) {
  auto builder = DnsWireBuilder::answer("n0.example");
  for (std::size_t i = 0; i <= DnsMessage::kMaxCnames; ++i)
    builder.cname("n" + std::to_string(i) + ".example", "n" + std::to_string(i + 1) + ".example");
  const Parsed parsed(builder.bytes());
  EXPECT_EQ(parsed.error, DnsError::none);
  EXPECT_THAT(parsed.cnames(), SizeIs(DnsMessage::kMaxCnames));
  EXPECT_FALSE(parsed.message.chain_complete);
}

TEST(Dns, LongestChainIsComplete) {
  auto builder = DnsWireBuilder::answer("n0.example");
  for (std::size_t i = 0; i < DnsMessage::kMaxCnames; ++i)
    builder.cname("n" + std::to_string(i) + ".example", "n" + std::to_string(i + 1) + ".example");
  const Parsed parsed(builder.bytes());
  EXPECT_THAT(parsed.cnames(), SizeIs(DnsMessage::kMaxCnames));
  EXPECT_TRUE(parsed.message.chain_complete);
}

TEST(Dns, ChainThatLeadsBackIsCut) {
  const Parsed parsed(
      DnsWireBuilder::answer("a.example").cname("a.example", "b.example").cname("b.example", "A.example").bytes());
  EXPECT_EQ(parsed.error, DnsError::none);
  EXPECT_THAT(parsed.cnames(), ElementsAre("b.example"));
  EXPECT_FALSE(parsed.message.chain_complete);
}

TEST(Dns, OfTwoCnamesTheFirstCounts) {
  const Parsed parsed(
      DnsWireBuilder::answer("a.example").cname("a.example", "b.example").cname("a.example", "c.example").bytes());
  EXPECT_THAT(parsed.cnames(), ElementsAre("b.example"));
  EXPECT_TRUE(parsed.message.chain_complete);
}

TEST(Dns, NamesTooLargeForTheTextCutTheChain) {
  const auto escaped = [](char last) {
    std::string name;
    for (int label = 0; label < 3; ++label) {
      for (int i = 0; i < 60; ++i) name += "\\001";
      name += '.';
    }
    return name + last;
  };
  auto builder = DnsWireBuilder::answer(escaped('a')).compress(false);
  for (char c = 'a'; c < 'g'; ++c) builder.cname(escaped(c), escaped(static_cast<char>(c + 1)));
  const Parsed parsed(builder.bytes());
  EXPECT_EQ(parsed.error, DnsError::none);
  EXPECT_FALSE(parsed.message.chain_complete);
  EXPECT_GE(parsed.message.cname_count, 2U);
}

TEST(Dns, BytesBehindTheLastRecordAreIgnored) {
  const Parsed parsed(DnsWireBuilder::answer("a.example").address("a.example", "192.0.2.1").u32(0xffffffff).bytes());
  EXPECT_EQ(parsed.error, DnsError::none);
  EXPECT_THAT(parsed.addresses(), ElementsAre("192.0.2.1"));
}

TEST(Dns, CutMessageWithTcKeepsTheCompleteRecords) {
  const WireBytes whole = DnsWireBuilder::answer("a.example")
                              .truncated()
                              .address("a.example", "192.0.2.1")
                              .address("a.example", "192.0.2.2")
                              .bytes();
  const std::size_t one = whole.size() - 16;
  for (std::size_t size = one; size < whole.size(); ++size) {
    const Parsed parsed(WireBytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    EXPECT_EQ(parsed.error, DnsError::none) << size;
    EXPECT_TRUE(parsed.message.truncated);
    EXPECT_THAT(parsed.addresses(), ElementsAre("192.0.2.1")) << size;
  }
}

TEST(Dns, CutMessageWithTcKeepsAChainOutOfOrder) {
  WireBytes wire = DnsWireBuilder::answer("a.example")
                       .truncated()
                       .address("b.example", "192.0.2.1")
                       .cname("a.example", "b.example")
                       .address("b.example", "192.0.2.2")
                       .bytes();
  wire.pop_back();
  const Parsed parsed(wire);
  EXPECT_EQ(parsed.error, DnsError::none);
  EXPECT_THAT(parsed.cnames(), ElementsAre("b.example"));
  EXPECT_THAT(parsed.addresses(), ElementsAre("192.0.2.1"));
}

// Also a test of the bounds: no prefix may be read past its end.
TEST(Dns, EveryPrefixOfAnAnswerIsRefused) {
  const WireBytes whole = DnsWireBuilder::answer("a.example")
                              .cname("a.example", "b.example")
                              .address("b.example", "2001:db8::1")
                              .opt(1232)
                              .bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Parsed parsed(WireBytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    EXPECT_NE(parsed.error, DnsError::none) << size;
    EXPECT_THAT(parsed.addresses(), IsEmpty()) << size;
  }
}

}  // namespace
}  // namespace egresswatch::decode
