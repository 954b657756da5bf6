// SPDX-License-Identifier: Apache-2.0
// Files that nobody writes by accident: they are refused, quickly and with a bounded message.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "config/reader.h"
#include "config/yaml_tree.h"
#include "parse_helpers.h"

namespace egresswatch::config {
namespace {

using ::testing::HasSubstr;

std::string repeated(std::string_view piece, std::size_t times) {
  std::string result;
  result.reserve(piece.size() * times);
  for (std::size_t i = 0; i < times; ++i) result += piece;
  return result;
}

TEST(HostileFile, AliasesAreRefused) {
  const std::string bomb = R"(a: &a [x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]
d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]
)";
  EXPECT_EQ(
      problems_of(bomb),
      "egresswatch.yaml:1: anchors and aliases are not possible (put quotes around a value that begins with * or &)");
  EXPECT_THAT(problems_of("cloud: &cloud public"), HasSubstr("anchors and aliases are not possible"));
  EXPECT_THAT(problems_of("hosts: &hosts {entra: [a.example]}"), HasSubstr("anchors and aliases are not possible"));
  EXPECT_THAT(problems_of("<<: *base"), HasSubstr("anchors and aliases are not possible"));
}

TEST(HostileFile, AnUnquotedWildcardIsExplained) {
  EXPECT_EQ(
      problems_of("hosts:\n  entra:\n    - *.sts.example.com\n"),
      "egresswatch.yaml:3: anchors and aliases are not possible (put quotes around a value that begins with * or &)");
}

TEST(HostileFile, TagsAreRefused) {
  EXPECT_THAT(problems_of("cloud: !!str public"), HasSubstr("egresswatch.yaml:1: tags are not possible"));
  EXPECT_THAT(problems_of("limits: !!map {}"), HasSubstr("tags are not possible"));
  EXPECT_THAT(problems_of("limits: !<tag:x> {}"), HasSubstr("tags are not possible"));
}

TEST(HostileFile, SizeDepthAndNumberOfValuesAreBounded) {
  EXPECT_EQ(problems_of(std::string(kMaxFileBytes + 1, '#')), "egresswatch.yaml: larger than 1048576 bytes");
  EXPECT_EQ(problems_of(std::string(kMaxFileBytes, '#')), "");
  EXPECT_THAT(problems_of("a: " + repeated("[", 17) + repeated("]", 17)), HasSubstr("nested more than 16 levels deep"));
  EXPECT_THAT(problems_of("a: [" + repeated("1,", kMaxYamlValues) + "1]"), HasSubstr("more than 100000 values"));
}

TEST(HostileFile, DeepAndLongConstructsStopEarly) {
  for (const char* piece : {"[", "{", "{a: ", "- ", "? ", "[{", "a: [", "-\n"})
    EXPECT_NE(problems_of(repeated(piece, 100'000)), "") << piece;
  EXPECT_NE(problems_of(repeated("a\n", 300'000)), "");
  EXPECT_NE(problems_of("\"" + repeated("\\n", 300'000)), "");
  EXPECT_NE(problems_of(repeated("%YAML 1.2\n", 50'000)), "");
}

TEST(HostileFile, WhatIsNotTextIsRefusedWithItsLine) {
  EXPECT_EQ(problems_of("cloud: public\n# \xff\n"), "egresswatch.yaml:2: not UTF-8 text, or a control character");
  EXPECT_EQ(problems_of("\n\nhosts: {entra: [a\x01.example]}"),
            "egresswatch.yaml:3: not UTF-8 text, or a control character");
  EXPECT_THAT(problems_of(std::string_view("cloud\0: public", 14)), HasSubstr(":1: not UTF-8 text"));
  EXPECT_THAT(problems_of("\xff\xfe"
                          "c\0l\0"),
              HasSubstr(":1: not UTF-8 text"));
  EXPECT_THAT(problems_of("# \xed\xa0\x80"), HasSubstr("not UTF-8 text"));
  EXPECT_EQ(problems_of("\xef\xbb\xbf# with a byte order mark: \xc3\xbc\t\r\ncloud: public\r\n"), "");
}

TEST(HostileFile, InvalidYamlIsReportedWithItsLine) {
  EXPECT_THAT(problems_of("cloud: public\nlimits: [\n"), HasSubstr("not valid YAML"));
  EXPECT_THAT(problems_of("cloud: public\n\tlimits: {}\n"), HasSubstr("egresswatch.yaml:2: not valid YAML"));
  EXPECT_EQ(problems_of("cloud: public\n---\ncloud: china\n"), "egresswatch.yaml:3: more than one YAML document");
  EXPECT_THAT(problems_of("[a, b]: c"), HasSubstr("a key must be a single word"));
  EXPECT_THAT(problems_of("? {a: b}\n: c"), HasSubstr("a key must be a single word"));
}

TEST(HostileFile, TheMessageIsBounded) {
  std::string text = "limits:\n";
  for (int i = 0; i < 5000; ++i) text += "  unknown_" + std::to_string(i) + ": 1\n";
  const std::string message = problems_of(text);
  EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(message, '\n')), Problems::kMaxShown);
  EXPECT_THAT(message, HasSubstr("egresswatch.yaml: and 4950 more problems"));
  EXPECT_LT(problems_of("cloud: " + std::string(100'000, 'x')).size(), 200U);
  EXPECT_LT(problems_of(std::string(1000, 'x') + ": 1").size(), 400U);
}

}  // namespace
}  // namespace egresswatch::config
