// SPDX-License-Identifier: Apache-2.0
// A ClientHello that is cut, spread over records, or not one.
#include <gtest/gtest.h>

#include "unit/decode/parsed_hello.h"

namespace egresswatch::decode {
namespace {

constexpr std::size_t kRecordHeader = 5;

HelloBytes message() {
  return HelloBuilder().session_id(4).cipher_suites(4).grease().server_name("a-vault.example").grease(0x4a4a).message();
}

ParsedHello beginning(const HelloBytes& wire, std::size_t size) { return ParsedHello(std::span(wire).first(size)); }

// Where the bytes of the name end, as an offset from the start of `wire`.
std::size_t end_of_name(const HelloBytes& wire, std::string_view name) {
  const std::string_view text(reinterpret_cast<const char*>(wire.data()), wire.size());
  return text.find(name) + name.size();
}

TEST(ClientHelloCut, EachBeginningIsIncompleteAndNeverChangesItsMind) {
  const HelloBytes wire = in_records(message());
  const std::size_t name_end = end_of_name(wire, "a-vault.example");
  for (std::size_t size = 0; size < wire.size(); ++size) {
    const ParsedHello hello = beginning(wire, size);
    EXPECT_EQ(hello.status, HelloStatus::incomplete) << size;
    EXPECT_EQ(hello.sni, size < name_end ? Sni::absent : Sni::present) << size;
    EXPECT_EQ(hello.server_name, size < name_end ? "" : "a-vault.example") << size;
    EXPECT_EQ(hello.wire_bytes, size < kRecordHeader + 4 ? 0 : wire.size()) << size;
  }
}

TEST(ClientHelloCut, SizeOfManyRecordsIsALowerBound) {
  const HelloBytes wire = in_records(message(), {10, 10});
  EXPECT_EQ(beginning(wire, 12).wire_bytes, wire.size() - 2 * kRecordHeader);
  EXPECT_EQ(beginning(wire, 25).wire_bytes, wire.size() - kRecordHeader);
  EXPECT_EQ(ParsedHello(wire).wire_bytes, wire.size());
}

TEST(ClientHelloCut, EncryptedOnlyOnceItIsSeen) {
  const HelloBytes wire = in_records(HelloBuilder().server_name("front.example").encrypted_hello().message());
  const std::size_t name_end = end_of_name(wire, "front.example");
  EXPECT_EQ(beginning(wire, name_end).sni, Sni::present);
  EXPECT_EQ(beginning(wire, name_end + 4).sni, Sni::present);
  // the type of ECHClientHello is behind the header of the extension
  EXPECT_EQ(beginning(wire, name_end + 5).sni, Sni::encrypted);
  EXPECT_EQ(beginning(wire, name_end + 5).server_name, "front.example");
}

TEST(ClientHelloCut, FirstSegmentOfAPostQuantumHello) {
  const HelloBytes wire =
      in_records(HelloBuilder().server_name("a.example").post_quantum_key_share().padded_to(1638).message());
  ASSERT_EQ(wire.size(), 1638U);
  const ParsedHello hello = beginning(wire, 1448);
  EXPECT_EQ(hello.status, HelloStatus::incomplete);
  EXPECT_EQ(hello.server_name, "a.example");
  EXPECT_EQ(hello.wire_bytes, 1638U);
}

TEST(ClientHelloRecords, EachSplitInTwo) {
  const HelloBytes whole = message();
  ParsedHello expected(in_records(whole));
  ASSERT_EQ(expected.server_name, "a-vault.example");
  expected.wire_bytes += kRecordHeader;
  for (std::size_t at = 1; at < whole.size(); ++at) ASSERT_EQ(ParsedHello(in_records(whole, {at})), expected) << at;
}

TEST(ClientHelloRecords, EachSplitInThree) {
  const HelloBytes whole = message();
  ParsedHello expected(in_records(whole));
  expected.wire_bytes += 2 * kRecordHeader;
  for (std::size_t first = 1; first < whole.size() - 1; ++first)
    for (std::size_t second = 1; first + second < whole.size(); ++second)
      ASSERT_EQ(ParsedHello(in_records(whole, {first, second})), expected) << first << ' ' << second;
}

TEST(ClientHelloRecords, OneByteInEach) {
  const HelloBytes whole = message();
  const HelloBytes wire = in_records(whole, std::vector<std::size_t>(whole.size() - 1, 1));
  const ParsedHello hello(wire);
  EXPECT_EQ(hello.status, HelloStatus::complete);
  EXPECT_EQ(hello.server_name, "a-vault.example");
  EXPECT_EQ(hello.wire_bytes, wire.size());
  for (std::size_t size = 0; size < wire.size(); ++size)
    ASSERT_EQ(beginning(wire, size).status, HelloStatus::incomplete) << size;
}

TEST(ClientHelloRecords, WhatIsBehindTheHelloIsNotRead) {
  HelloBytes wire = in_records(message());
  const ParsedHello expected(wire);
  append_record(wire, HelloBytes(100, std::byte{0xff}), 23);
  EXPECT_EQ(ParsedHello(wire), expected);
}

TEST(ClientHelloRecords, OtherRecordInBetween) {
  const HelloBytes whole = message();
  HelloBytes wire;
  append_record(wire, std::span(whole).first(whole.size() - 1));
  EXPECT_EQ(ParsedHello(wire).server_name, "a-vault.example");
  for (const std::uint8_t type : {std::uint8_t{20}, std::uint8_t{21}, std::uint8_t{23}, std::uint8_t{0}}) {
    HelloBytes other = wire;
    append_record(other, std::span(whole).last(1), type);
    const ParsedHello hello(other);
    EXPECT_EQ(hello.status, HelloStatus::not_hello);
    EXPECT_EQ(hello.server_name, "");
    EXPECT_EQ(hello.wire_bytes, 0U);
  }
}

// Changes one byte of a sound hello.
HelloStatus with_byte(std::size_t at, unsigned value) {
  HelloBytes wire = in_records(message());
  wire[at] = static_cast<std::byte>(value);
  return ParsedHello(wire).status;
}

TEST(ClientHelloRecords, VersionsOfTheRecord) {
  for (const unsigned minor : {1U, 2U, 3U}) EXPECT_EQ(with_byte(2, minor), HelloStatus::complete) << minor;
  for (const unsigned minor : {0U, 4U, 255U}) EXPECT_EQ(with_byte(2, minor), HelloStatus::not_hello) << minor;
  EXPECT_EQ(with_byte(1, 2), HelloStatus::not_hello);
  EXPECT_EQ(with_byte(9, 2), HelloStatus::not_hello);
}

TEST(ClientHelloRecords, OtherTypes) {
  EXPECT_EQ(with_byte(0, 23), HelloStatus::not_hello);
  EXPECT_EQ(with_byte(0, 'G'), HelloStatus::not_hello);
  EXPECT_EQ(with_byte(5, 2), HelloStatus::not_hello);
  EXPECT_EQ(with_byte(5, 0), HelloStatus::not_hello);
}

TEST(ClientHelloRecords, Ssl2Hello) {
  const unsigned char hello[] = {0x80, 0x2e, 1, 3, 1, 0, 0x15, 0, 0, 0, 0x10};
  EXPECT_EQ(ParsedHello(std::as_bytes(std::span(hello))).status, HelloStatus::not_hello);
}

TEST(ClientHelloRecords, OneWrongByteIsEnough) {
  const HelloBytes one(1, std::byte{'G'});
  EXPECT_EQ(ParsedHello(one).status, HelloStatus::not_hello);
}

TEST(ClientHelloRecords, LengthsOfTheRecord) {
  EXPECT_EQ(with_byte(3, 0x40), HelloStatus::not_hello);
  const unsigned char empty[] = {22, 3, 1, 0, 0};
  EXPECT_EQ(ParsedHello(std::as_bytes(std::span(empty))).status, HelloStatus::not_hello);
  // 2^14 exactly, of which the first bytes are there
  const unsigned char longest[] = {22, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc, 3};
  const ParsedHello hello(std::as_bytes(std::span(longest)));
  EXPECT_EQ(hello.status, HelloStatus::incomplete);
  EXPECT_EQ(hello.wire_bytes, 16384U + kRecordHeader);
}

TEST(ClientHelloRecords, HostileLengths) {
  // of the message: too short for what is in it, none, and the longest that can be said
  EXPECT_EQ(with_byte(8, 20), HelloStatus::not_hello);
  const unsigned char empty[] = {22, 3, 1, 0, 4, 1, 0, 0, 0};
  EXPECT_EQ(ParsedHello(std::as_bytes(std::span(empty))).status, HelloStatus::not_hello);
  const unsigned char longest[] = {22, 3, 1, 0x40, 0, 1, 255, 255, 255, 3, 3};
  const ParsedHello hello(std::as_bytes(std::span(longest)));
  EXPECT_EQ(hello.status, HelloStatus::incomplete);
  EXPECT_EQ(hello.wire_bytes, 0xffffffU + 4 + kRecordHeader);
}

TEST(ClientHelloRecords, ExtensionsThatDoNotFillTheHello) {
  for (const int difference : {-1, 1, 255, -19}) {
    const auto builder = HelloBuilder().server_name("a.example").extensions_length_off_by(difference);
    EXPECT_EQ(ParsedHello(in_records(builder.message())).status, HelloStatus::not_hello) << difference;
  }
}

TEST(ClientHelloRecords, ExtensionPastTheEndIsFoundInACutHello) {
  HelloBytes whole = HelloBuilder().server_name("a.example").grease().message();
  // the length of the last extension
  whole[whole.size() - 1] = std::byte{1};
  EXPECT_EQ(ParsedHello(in_records(whole)).status, HelloStatus::not_hello);
  // half a header of an extension
  HelloBytes half = HelloBuilder().extension(0x3a3a, "xy").message();
  half[half.size() - 3] = std::byte{0};
  EXPECT_EQ(ParsedHello(in_records(half)).status, HelloStatus::not_hello);
}

}  // namespace
}  // namespace egresswatch::decode
