// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace egresswatch::utf8 {
namespace {

bool valid(std::string_view text) { return decode_first(text).valid; }

std::string cleaned(std::string_view text, std::size_t max_bytes = 100) {
  std::string scratch;
  return std::string(clean(text, max_bytes, scratch));
}

TEST(Utf8, DecodesOneToFourBytes) {
  EXPECT_EQ(decode_first("A").code_point, U'A');
  EXPECT_EQ(decode_first("\u00e9x").code_point, U'\u00e9');
  EXPECT_EQ(decode_first("\u20ac").code_point, U'\u20ac');
  EXPECT_EQ(decode_first("\U0001f600").code_point, U'\U0001f600');
}

TEST(Utf8, RefusesOverlongFormsSurrogatesAndWhatIsAboveTheLastCharacter) {
  EXPECT_FALSE(valid("\xC0\xAF"));
  EXPECT_FALSE(valid("\xE0\x9F\xBF"));
  EXPECT_FALSE(valid("\xF0\x8F\xBF\xBF"));
  EXPECT_FALSE(valid("\xED\xA0\x80"));
  EXPECT_FALSE(valid("\xF4\x90\x80\x80"));
  EXPECT_FALSE(valid("\xF5\x80\x80\x80"));
  EXPECT_FALSE(valid("\x80"));
}

TEST(Utf8, AcceptsTheEdgesOfWhatIsWellFormed) {
  EXPECT_TRUE(valid("\xC2\x80"));
  EXPECT_TRUE(valid("\xE0\xA0\x80"));
  EXPECT_TRUE(valid("\xED\x9F\xBF"));
  EXPECT_TRUE(valid("\xF0\x90\x80\x80"));
  EXPECT_TRUE(valid("\xF4\x8F\xBF\xBF"));
}

TEST(Utf8, ABrokenCharacterDoesNotSwallowTheNextOne) {
  EXPECT_EQ(decode_first("\xE2\x82\"").length, 2);
  EXPECT_EQ(cleaned("\xE2\x82\"x"), "\uFFFD\"x");
}

TEST(Utf8, GoodTextIsReturnedAsItIs) {
  std::string scratch;
  const std::string_view text = "sync@prod\\x2d1.service";
  EXPECT_EQ(clean(text, 100, scratch).data(), text.data());
}

TEST(Utf8, KeepsOtherLanguages) { EXPECT_EQ(cleaned("caf\u00e9"), "caf\u00e9"); }

TEST(Utf8, ControlCharactersAreReplaced) {
  EXPECT_EQ(cleaned(std::string_view("a\0b", 3)), "a\uFFFDb");
  EXPECT_EQ(cleaned("a\nb\x1b[2J\x7f"), "a\uFFFDb\uFFFD[2J\uFFFD");
  EXPECT_EQ(cleaned("\xC2\x9B"), "\uFFFD");  // CSI as a C1 character
}

TEST(Utf8, IsCutBetweenCharacters) {
  EXPECT_EQ(cleaned("ab\u20ac", 4), "ab");
  EXPECT_EQ(cleaned("abcdef", 4), "abcd");
}

}  // namespace
}  // namespace egresswatch::utf8
