// SPDX-License-Identifier: Apache-2.0
// Names that processes choose must not be able to forge or break the exposition.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "metrics_fixture.h"

namespace egresswatch::publish {
namespace {

using account::Ledger;
using testing::HasSubstr;

std::string exposition_with_unit(std::string_view unit) {
  Ledger ledger;
  ledger.add_service("key_vault");
  ledger.attempt(ledger.connection_series("key_vault", "a.vault.azure.net", unit));
  return render(ledger);
}

bool is_sample_or_comment(const std::string& line) {
  return line.starts_with("egresswatch_") || line.starts_with("process_") || line.starts_with("# HELP ") ||
         line.starts_with("# TYPE ");
}

TEST(HostileNames, QuotesAndBackslashesAreEscaped) {
  EXPECT_THAT(exposition_with_unit(R"(a"b\c)"), HasSubstr(R"(unit="a\"b\\c"} 1)"));
}

TEST(HostileNames, ANewlineCannotForgeALine) {
  const std::string text = exposition_with_unit("x\"} 0\negresswatch_forged_total 1\n# {a=\"");
  for (const std::string& line : lines_of(text)) {
    EXPECT_TRUE(is_sample_or_comment(line)) << line;
    EXPECT_FALSE(line.starts_with("egresswatch_forged")) << line;
  }
}

TEST(HostileNames, InvalidUtf8IsReplaced) {
  EXPECT_THAT(exposition_with_unit("a\xff\xc0\xaf"
                                   "b"),
              HasSubstr("unit=\"a\uFFFD\uFFFD\uFFFDb\"} 1"));
}

TEST(HostileNames, ControlCharactersAreReplaced) {
  EXPECT_THAT(exposition_with_unit(std::string_view("a\0\r\x1b"
                                                    "b",
                                                    5)),
              HasSubstr("unit=\"a\uFFFD\uFFFD\uFFFDb\"} 1"));
}

TEST(HostileNames, NoTwoSamplesAreTheSameSeries) {
  Ledger ledger;
  ledger.add_service("key_vault");
  for (const char* unit : {"a\xff", "a\xfe", "a\n", "a\r"})
    ledger.attempt(ledger.connection_series("key_vault", "a.vault.azure.net", unit));
  EXPECT_THAT(render(ledger), HasSubstr("unit=\"a\uFFFD\"} 4"));
}

TEST(HostileNames, TheDaemonsOwnLabelsAreCleanedToo) {
  SelfMetrics self = sample_self_metrics();
  self.kernel = "6.1\n\"\xff";
  EXPECT_THAT(render(Ledger{}, self), HasSubstr("kernel=\"6.1\uFFFD\\\"\uFFFD\"} 1"));
}

}  // namespace
}  // namespace egresswatch::publish
