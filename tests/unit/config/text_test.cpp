// SPDX-License-Identifier: Apache-2.0
#include "config/text.h"

#include <gtest/gtest.h>

#include <array>

namespace egresswatch::config {
namespace {

TEST(Text, QuotedTextIsSafeToPrint) {
  EXPECT_EQ(in_quotes("plain"), "\"plain\"");
  EXPECT_EQ(in_quotes("a\"b\\c"), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(in_quotes("\x1b[31m\n\xff"), "\"\\x1b[31m\\x0a\\xff\"");
  EXPECT_EQ(in_quotes(std::string(41, 'x')), "\"" + std::string(40, 'x') + "...\"");
}

TEST(Text, TheFirstBadByteIsFound) {
  EXPECT_EQ(first_bad_byte("ok \xc3\xbc\t\r\n"), std::nullopt);
  EXPECT_EQ(first_bad_byte("ab\x01"), 2U);
  EXPECT_EQ(first_bad_byte("\x7f"), 0U);
  EXPECT_EQ(first_bad_byte("a\xc3"), 1U);
  EXPECT_EQ(first_bad_byte("\xc2\x85"), 0U);
}

TEST(Text, LinesCountFromOne) {
  EXPECT_EQ(line_at("", 0), 1U);
  EXPECT_EQ(line_at("a\nb\n", 2), 2U);
  EXPECT_EQ(line_at("a\nb\n", 4), 3U);
}

TEST(Text, TheNearestWordIsNamedIfItIsNear) {
  constexpr std::array<std::string_view, 3> kWords{"sockets", "names", "units"};
  EXPECT_EQ(nearest("socket", kWords), "sockets");
  EXPECT_EQ(nearest("nmaes", kWords), std::nullopt);
  EXPECT_EQ(nearest("name", kWords), "names");
  EXPECT_EQ(nearest("", kWords), std::nullopt);
  EXPECT_EQ(nearest("bandwidth", kWords), std::nullopt);
  EXPECT_EQ(nearest(std::string(10'000, 's'), kWords), std::nullopt);
}

}  // namespace
}  // namespace egresswatch::config
