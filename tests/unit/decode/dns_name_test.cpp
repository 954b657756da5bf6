// SPDX-License-Identifier: Apache-2.0
// Names as text (RFC 4343), seen through the question.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>

#include "unit/decode/parsed.h"

namespace egresswatch::decode {
namespace {

std::string question_of(std::string_view name) {
  const Parsed parsed(DnsWireBuilder::query(name).bytes());
  EXPECT_EQ(parsed.error, DnsError::none);
  return std::string(parsed.message.question);
}

TEST(DnsName, Root) { EXPECT_EQ(question_of(""), "."); }

TEST(DnsName, LowerCase) { EXPECT_EQ(question_of("WWW.Example.ORG"), "www.example.org"); }

TEST(DnsName, HyphenAndUnderscoreStay) { EXPECT_EQ(question_of("_dns-sd._udp.example"), "_dns-sd._udp.example"); }

TEST(DnsName, StarCannotBeTakenForAPattern) { EXPECT_EQ(question_of("*.example"), "\\042.example"); }

TEST(DnsName, DotInALabelIsNotASeparator) { EXPECT_EQ(question_of("a\\046b.example"), "a\\046b.example"); }

TEST(DnsName, QuotesNewlinesAndControlBytesAreEscaped) {
  EXPECT_EQ(question_of("a\\034b\\010c\\000d\\127\\092"), "a\\034b\\010c\\000d\\127\\092");
}

TEST(DnsName, BytesAbove127AreEscapedAndNotFolded) { EXPECT_EQ(question_of("\\195\\132\\255"), "\\195\\132\\255"); }

// Sixteen bytes at a time are looked at: every length, with an odd byte at either end and without.
TEST(DnsName, LabelsOfEveryLength) {
  for (std::size_t length = 1; length <= 63; ++length) {
    const std::string rest(length - 1, 'X');
    const std::string lower(length - 1, 'x');
    EXPECT_EQ(question_of("Y" + rest), "y" + lower);
    EXPECT_EQ(question_of("Y" + rest + ".example"), "y" + lower + ".example");
    EXPECT_EQ(question_of(rest + "\\033"), lower + "\\033");
    EXPECT_EQ(question_of("\\033" + rest), "\\033" + lower);
    EXPECT_EQ(question_of(rest + "y.\\033"), lower + "y.\\033");
  }
}

TEST(DnsName, EveryByteIsEitherPlainOrEscaped) {
  for (int byte = 0; byte < 256; ++byte) {
    char escaped[5];
    std::snprintf(escaped, sizeof escaped, "\\%03d", byte);
    const bool plain = byte < 128 && (std::isalnum(byte) != 0 || byte == '-' || byte == '_');
    EXPECT_EQ(question_of(escaped), plain ? std::string(1, static_cast<char>(std::tolower(byte))) : escaped);
  }
}

TEST(DnsName, LongestNameWithEveryByteEscaped) {
  std::string label;
  for (int i = 0; i < 63; ++i) label += "\\255";
  const std::string name = label + "." + label + "." + label + "." + label.substr(0, 61 * 4);
  EXPECT_EQ(question_of(name), name);
}

TEST(DnsName, MoreLabelsThanAnyCompressedName) {
  std::string name = "a";
  for (int i = 1; i < 127; ++i) name += ".a";
  EXPECT_EQ(question_of(name), name);
}

// a.a.a...: each answer has one label and a pointer to the answer before, so that the last one needs many hops.
TEST(DnsName, OnePointerForEachLabel) {
  auto builder = DnsWireBuilder::answer("a");
  std::string name = "a";
  for (int i = 0; i < 60; ++i) {
    name.insert(0, "a.");
    builder.record(name, DnsWireBuilder::kTxt, {});
  }
  const Parsed parsed(builder.bytes());
  EXPECT_EQ(parsed.error, DnsError::none);
}

}  // namespace
}  // namespace egresswatch::decode
