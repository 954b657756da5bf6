// SPDX-License-Identifier: Apache-2.0
// One test for each way in which RFC 9267 says parsers were broken, and for each value of DnsError.
#include <gtest/gtest.h>

#include <set>

#include "unit/decode/parsed.h"

namespace egresswatch::decode {
namespace {

constexpr unsigned kPointer = 0xc000;
constexpr std::uint16_t kQuestionAt = 12;

// A header with one question, whose name and tail are to follow.
DnsWireBuilder open_query() { return std::move(DnsWireBuilder(1, 0x0100).count(4)); }

// An answer with one record, of which everything is to follow; the question is 7 bytes long, the record begins at 19.
DnsWireBuilder open_answer() { return std::move(DnsWireBuilder::answer("a").count(6)); }
constexpr unsigned kRecordAt = 19;

// Type, class, TTL and RDLENGTH.
DnsWireBuilder& tail(DnsWireBuilder& builder, unsigned type, unsigned length) {
  return builder.u16(type).u16(1).u32(60).u16(length);
}

DnsError error_of(const DnsWireBuilder& builder) { return Parsed(builder.bytes()).error; }

TEST(DnsMalformed, Empty) { EXPECT_EQ(Parsed({}).error, DnsError::short_header); }

TEST(DnsMalformed, ElevenBytes) { EXPECT_EQ(Parsed(WireBytes(11)).error, DnsError::short_header); }

TEST(DnsMalformed, MoreThanAMessageCanHave) {
  auto wire = DnsWireBuilder::query("a").bytes();
  wire.resize(65536);
  EXPECT_EQ(Parsed(wire).error, DnsError::message_too_long);
}

TEST(DnsMalformed, AnswerWithoutQuestion) {
  const Parsed parsed(DnsWireBuilder(7, 0x8181).bytes());
  EXPECT_EQ(parsed.error, DnsError::no_question);
  EXPECT_EQ(parsed.message.id, 7);
  EXPECT_EQ(parsed.message.rcode, 1);
}

TEST(DnsMalformed, TwoQuestions) {
  EXPECT_EQ(error_of(DnsWireBuilder::query("a").question("b")), DnsError::many_questions);
}

TEST(DnsMalformed, QuestionWithoutClass) {
  EXPECT_EQ(error_of(open_query().u8(0).u16(1).u8(0)), DnsError::question_past_end);
}

TEST(DnsMalformed, QuestionWithoutName) { EXPECT_EQ(error_of(open_query()), DnsError::name_unterminated); }

// RFC 9267 section 2: compression pointers.

TEST(DnsMalformed, PointerToItself) {
  EXPECT_EQ(error_of(open_query().u16(kPointer | kQuestionAt).u32(0)), DnsError::pointer_forward);
}

TEST(DnsMalformed, PointerForward) {
  auto builder = open_answer().u16(kPointer | (kRecordAt + 2));
  EXPECT_EQ(error_of(tail(builder, 1, 4).u32(0)), DnsError::pointer_forward);
}

TEST(DnsMalformed, PointerBehindTheMessage) {
  auto builder = open_answer().u16(kPointer | 0x3fff);
  EXPECT_EQ(error_of(tail(builder, 1, 4).u32(0)), DnsError::pointer_past_end);
}

TEST(DnsMalformed, PointerToTheLabelBeforeIt) {
  EXPECT_EQ(error_of(open_query().u8(1).u8('a').u16(kPointer | kQuestionAt).u32(0)), DnsError::pointer_loop);
}

// From the question into the record and back would need a forward pointer: loops die at their first hop.
TEST(DnsMalformed, PointersToEachOther) {
  EXPECT_EQ(error_of(open_query().u16(kPointer | (kQuestionAt + 2)).u16(kPointer | kQuestionAt).u32(0)),
            DnsError::pointer_forward);
}

// The labels from the target on run into the pointer that led there.
TEST(DnsMalformed, PointerWhoseTargetRunsIntoIt) {
  auto builder = open_answer().u8(1).u8('b').u16(kPointer | kRecordAt);
  EXPECT_EQ(error_of(tail(builder, 1, 4).u32(0)), DnsError::pointer_loop);
}

TEST(DnsMalformed, PointerIntoTheHeader) {
  EXPECT_EQ(error_of(open_query().u16(kPointer | 4).u32(0)), DnsError::pointer_into_header);
}

TEST(DnsMalformed, HalfAPointer) { EXPECT_EQ(error_of(open_query().u8(0xc0)), DnsError::label_past_end); }

TEST(DnsMalformed, PointersOnly) {
  // RDATA full of pointers, each to the one before: the owner of the second record would follow them all.
  auto builder = DnsWireBuilder::answer("a").count(6).count(6).u8(0);
  tail(builder, DnsWireBuilder::kTxt, 2 * 200).u16(kPointer | kQuestionAt);
  for (int i = 1; i < 200; ++i) builder.u16(kPointer | static_cast<unsigned>(builder.size() - 2));
  builder.u16(kPointer | static_cast<unsigned>(builder.size() - 2));
  EXPECT_EQ(error_of(tail(builder, 1, 4).u32(0)), DnsError::many_pointers);
}

// RFC 9267 section 3: labels and names.

TEST(DnsMalformed, LabelOf64Bytes) {
  auto builder = open_query().u8(64);
  for (int i = 0; i < 64; ++i) builder.u8('a');
  EXPECT_EQ(error_of(builder.u8(0).u32(0)), DnsError::label_type);
}

TEST(DnsMalformed, ReservedLabelType) { EXPECT_EQ(error_of(open_query().u8(0x80).u8(0).u32(0)), DnsError::label_type); }

TEST(DnsMalformed, LabelBehindTheEnd) {
  EXPECT_EQ(error_of(open_query().u8(63).u8('a').u8(0).u32(0)), DnsError::label_past_end);
}

TEST(DnsMalformed, NameOf256Bytes) {
  std::string name(63, 'a');
  name += "." + name + "." + name + "." + std::string(62, 'a');
  EXPECT_EQ(error_of(DnsWireBuilder::query(name)), DnsError::name_too_long);
}

TEST(DnsMalformed, NameOf256BytesThroughPointers) {
  const std::string long_name = std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c');
  const std::string longer = std::string(62, 'd') + "." + long_name;
  EXPECT_EQ(error_of(DnsWireBuilder::answer(long_name).address(longer, "192.0.2.1")), DnsError::name_too_long);
}

TEST(DnsMalformed, NameOf255BytesThroughPointers) {
  const std::string long_name = std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c');
  const std::string longest = std::string(61, 'd') + "." + long_name;
  EXPECT_EQ(error_of(DnsWireBuilder::answer(long_name).address(longest, "192.0.2.1")), DnsError::none);
}

// RFC 9267 section 4: the terminating zero.

TEST(DnsMalformed, NameWithoutZero) { EXPECT_EQ(error_of(open_query().u8(1).u8('a')), DnsError::name_unterminated); }

TEST(DnsMalformed, CnameWithoutZeroInItsRdata) {
  auto builder = open_answer().u16(kPointer | kQuestionAt);
  EXPECT_EQ(error_of(tail(builder, DnsWireBuilder::kCname, 2).u8(1).u8('b').u8(0)), DnsError::rdata_length);
}

// RFC 9267 section 5: RDLENGTH.

TEST(DnsMalformed, RdataBehindTheEnd) {
  auto builder = open_answer().u16(kPointer | kQuestionAt);
  EXPECT_EQ(error_of(tail(builder, DnsWireBuilder::kTxt, 5).u32(0)), DnsError::rdata_past_end);
}

TEST(DnsMalformed, RdataOf65535BytesBehindTheEnd) {
  auto builder = open_answer().u16(kPointer | kQuestionAt);
  EXPECT_EQ(error_of(tail(builder, DnsWireBuilder::kA, 0xffff).u32(0)), DnsError::rdata_past_end);
}

TEST(DnsMalformed, AddressOfTheWrongSize) {
  for (const unsigned length : {0U, 3U, 5U, 16U}) {
    auto builder = open_answer().u16(kPointer | kQuestionAt);
    tail(builder, DnsWireBuilder::kA, length);
    for (unsigned i = 0; i < length; ++i) builder.u8(1);
    EXPECT_EQ(error_of(builder), DnsError::rdata_length) << length;
  }
}

TEST(DnsMalformed, Ipv6AddressOfTheWrongSize) {
  auto builder = open_answer().u16(kPointer | kQuestionAt);
  EXPECT_EQ(error_of(tail(builder, DnsWireBuilder::kAaaa, 4).u32(0)), DnsError::rdata_length);
}

TEST(DnsMalformed, AddressOfTheWrongSizeThatNobodyAskedFor) {
  EXPECT_EQ(error_of(DnsWireBuilder::answer("a").record("b", DnsWireBuilder::kA, bytes_of({1, 2, 3}))),
            DnsError::rdata_length);
}

TEST(DnsMalformed, CnameShorterThanItsRdata) {
  auto builder = open_answer().u16(kPointer | kQuestionAt);
  EXPECT_EQ(error_of(tail(builder, DnsWireBuilder::kCname, 4).u8(1).u8('b').u8(0).u8(0)), DnsError::rdata_length);
}

TEST(DnsMalformed, CnameLongerThanItsRdata) {
  auto builder = open_answer().u16(kPointer | kQuestionAt);
  EXPECT_EQ(error_of(tail(builder, DnsWireBuilder::kCname, 2).u8(2).u8('b').u8('b').u8(0)), DnsError::rdata_length);
}

TEST(DnsMalformed, CnameWithoutRdata) {
  EXPECT_EQ(error_of(DnsWireBuilder::answer("a").record("a", DnsWireBuilder::kCname, {})), DnsError::rdata_length);
}

// RFC 9267 section 6: record counts.

TEST(DnsMalformed, MoreAnswersPromisedThanFit) {
  auto builder = DnsWireBuilder::answer("a").address("a", "192.0.2.1");
  EXPECT_EQ(error_of(builder.set_u16(6, 0xffff)), DnsError::record_count);
}

TEST(DnsMalformed, MoreAdditionalRecordsPromisedThanFit) {
  EXPECT_EQ(error_of(DnsWireBuilder::query("a").set_u16(10, 1)), DnsError::record_count);
}

TEST(DnsMalformed, OneAnswerTooFew) {
  // 16 bytes of record hold the 11 bytes of the smallest, but two records need 22.
  auto builder = DnsWireBuilder::answer("a").address("a", "2001:db8::1").count(6);
  EXPECT_EQ(error_of(builder), DnsError::name_unterminated);
}

TEST(DnsMalformed, RecordCutInItsHead) {
  auto builder = open_answer().u16(kPointer | kQuestionAt).u16(1).u16(1).u32(60).u8(0);
  EXPECT_EQ(error_of(builder), DnsError::record_past_end);
}

// Names that are sound one by one, but cost more than any real message together.
TEST(DnsMalformed, NamesBuiltToCostTime) {
  std::string name = "a";
  for (int i = 1; i < 127; ++i) name += ".a";
  auto builder = DnsWireBuilder::answer("b").record(name, DnsWireBuilder::kTxt, {});
  for (int i = 0; i < 300; ++i) builder.record(name, DnsWireBuilder::kTxt, {});
  EXPECT_EQ(error_of(builder), DnsError::too_much_work);
}

TEST(DnsMalformed, BadPointerIsAnErrorAlsoWithTc) {
  auto builder = open_answer().truncated().u16(kPointer | (kRecordAt + 2));
  EXPECT_EQ(error_of(tail(builder, 1, 4).u32(0)), DnsError::pointer_forward);
}

TEST(DnsMalformed, ErrorLeavesTheQuestionButNoAnswers) {
  const Parsed parsed(DnsWireBuilder::answer("a.example")
                          .cname("a.example", "b.example")
                          .address("b.example", "192.0.2.1")
                          .record("b.example", DnsWireBuilder::kA, bytes_of({1}))
                          .bytes());
  EXPECT_EQ(parsed.error, DnsError::rdata_length);
  EXPECT_EQ(parsed.message.question, "a.example");
  EXPECT_TRUE(parsed.cnames().empty());
  EXPECT_TRUE(parsed.addresses().empty());
  EXPECT_EQ(parsed.message.min_cname_ttl_s, 0U);
}

TEST(DnsMalformed, EveryErrorHasItsOwnName) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kDnsErrorCount; ++i) names.insert(to_string(static_cast<DnsError>(i)));
  EXPECT_EQ(names.size(), kDnsErrorCount);
  EXPECT_EQ(to_string(DnsError::too_much_work), "too_much_work");
  EXPECT_EQ(to_string(DnsError::pointer_loop), "pointer_loop");
}

}  // namespace
}  // namespace egresswatch::decode
