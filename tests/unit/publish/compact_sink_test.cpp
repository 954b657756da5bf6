// SPDX-License-Identifier: Apache-2.0
#include "publish/compact_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <type_traits>

#include "report_fixture.h"

namespace egresswatch::publish {
namespace {

using testing::HasSubstr;
using testing::Not;

template <typename Report>
std::string line_of(const Report& report, bool colour = false) {
  CapturedLines output;
  CompactSink sink(output, colour);
  if constexpr (std::is_same_v<Report, DnsReport>) {
    sink.dns(report);
  } else if constexpr (std::is_same_v<Report, FlowReport>) {
    sink.flow(report);
  } else {
    sink.connection(report);
  }
  EXPECT_EQ(output.lines.size(), 1);
  return output.lines.at(0);
}

TEST(CompactSink, ShowsWhoReachedWhat) {
  EXPECT_THAT(line_of(sample_connection()),
              testing::MatchesRegex("..:..:..\\.123 ok +sync\\.service +node\\[4711\\] +key_vault +"
                                    "prod\\.vault\\.azure\\.net +20\\.1\\.2\\.3:443 +connected in 12\\.4 ms"));
}

TEST(CompactSink, AFailureStandsOutWithStageAndCause) {
  const std::string line = line_of(sample_failure(Stage::connect, Cause::refused, ECONNREFUSED));
  EXPECT_THAT(line, HasSubstr(" FAILED "));
  EXPECT_THAT(line, HasSubstr(" connect/refused: refused after 3.0 s"));
}

TEST(CompactSink, WhatIsNotExpectedStandsOut) {
  ConnectionReport report = sample_connection();
  report.unexpected = Unexpected::not_in_policy;
  EXPECT_THAT(line_of(report),
              testing::MatchesRegex("..:..:..\\.123 UNEXPECTED sync\\.service .* connected in 12\\.4 ms; "
                                    "not expected: no rule of the policy allows it"));
  report = sample_failure(Stage::connect, Cause::refused, ECONNREFUSED);
  report.unexpected = Unexpected::other_cloud;
  EXPECT_THAT(line_of(report), HasSubstr(" FAILED "));
  EXPECT_THAT(line_of(report),
              HasSubstr("; not expected: an endpoint of another cloud than the one that is configured"));
}

TEST(CompactSink, AFlowIsALineIfItWasNotExpected) {
  EXPECT_THAT(
      line_of(sample_flow()),
      testing::MatchesRegex("..:..:..\\.123 UNEXPECTED scan\\.service +python3\\[4712\\] +other +203\\.0\\.113\\.7 "
                            "+203\\.0\\.113\\.7:0 +icmp from a raw socket; not expected: no rule of the policy "
                            "allows this address, and no name is known for it"));
  FlowReport expected = sample_flow();
  expected.unexpected = Unexpected::none;
  CapturedLines output;
  CompactSink(output, false).flow(expected);
  EXPECT_TRUE(output.lines.empty());
}

TEST(CompactSink, ColumnsLineUp) {
  ConnectionReport other = sample_failure(Stage::connect, Cause::refused);
  other.unit = "a.service";
  other.service = "arm";
  other.host = "management.azure.com";
  other.process = {};
  other.pid = 0;
  EXPECT_EQ(line_of(sample_connection()).find("connected"), line_of(other).find("connect/"));
}

TEST(CompactSink, WithoutANameTheAddressStandsForIt) {
  ConnectionReport report = sample_connection();
  report.host = {};
  EXPECT_THAT(line_of(report), HasSubstr(" 20.1.2.3  "));
}

TEST(CompactSink, NoColourUnlessAsked) {
  EXPECT_THAT(line_of(sample_failure(Stage::connect, Cause::refused)), Not(HasSubstr("\033")));
}

TEST(CompactSink, ColourIsAlwaysReset) {
  const std::string line = line_of(sample_failure(Stage::connect, Cause::refused), true);
  EXPECT_THAT(line, HasSubstr("\033[1;31mFAILED"));
  EXPECT_GT(line.rfind("\033[0m"), line.rfind("\033[1;31m"));
}

TEST(CompactSink, NamesCannotAttackTheTerminal) {
  ConnectionReport report = sample_connection();
  report.process =
      "\x1b[2J\x9b"
      "31m\r";
  report.unit = "\x1b]52;c;ZXZpbA==\x07";
  report.host = "a\nb";
  const std::string line = line_of(report);
  EXPECT_TRUE(std::all_of(line.begin(), line.end(), [](char c) { return c >= 0x20 && c < 0x7F; })) << line;
}

TEST(CompactSink, AResolvedName) {
  EXPECT_THAT(line_of(sample_dns()), HasSubstr(" 127.0.0.53:53         A NOERROR in 3.2 ms"));
}

TEST(CompactSink, AFailedQuestion) {
  DnsReport report = sample_dns();
  report.cause = DnsCause::servfail;
  report.rcode = 2;
  EXPECT_THAT(line_of(report), HasSubstr("dns/servfail: A SERVFAIL in 3.2 ms: the resolver could not find out"));
}

}  // namespace
}  // namespace egresswatch::publish
