// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "ledger_fixture.h"

namespace egresswatch::account {
namespace {

std::uint64_t count_of(const Ledger& ledger, Unexpected reason, std::string_view unit, std::string_view process) {
  for (const auto& row : ledger.snapshot().unexpected)
    if (row.reason == reason && row.unit == unit && row.process == process) return row.count;
  return 0;
}

std::uint64_t sum_of(const Ledger& ledger) {
  std::uint64_t sum = 0;
  for (const auto& row : ledger.snapshot().unexpected) sum += row.count;
  return sum;
}

TEST(UnexpectedCounts, AreKeptByReasonUnitAndProcess) {
  Ledger ledger = make_ledger();
  ledger.unexpected(Unexpected::no_name, "a.service", "curl");
  ledger.unexpected(Unexpected::no_name, "a.service", "curl");
  ledger.unexpected(Unexpected::no_name, "a.service", "wget");
  ledger.unexpected(Unexpected::wrong_port, "a.service", "curl");
  EXPECT_EQ(count_of(ledger, Unexpected::no_name, "a.service", "curl"), 2U);
  EXPECT_EQ(count_of(ledger, Unexpected::no_name, "a.service", "wget"), 1U);
  EXPECT_EQ(count_of(ledger, Unexpected::wrong_port, "a.service", "curl"), 1U);
  EXPECT_EQ(ledger.snapshot().overflow.unexpected, 0U);
}

TEST(UnexpectedCounts, NamesAreCleanedAndNeverEmpty) {
  Ledger ledger = make_ledger();
  ledger.unexpected(Unexpected::no_name, "", "");
  ledger.unexpected(Unexpected::no_name, "a\nb", "c\x1b");
  EXPECT_EQ(count_of(ledger, Unexpected::no_name, "unknown", "unknown"), 1U);
  EXPECT_EQ(count_of(ledger, Unexpected::no_name,
                     "a\xEF\xBF\xBD"
                     "b",
                     "c\xEF\xBF\xBD"),
            1U);
}

TEST(UnexpectedCounts, AProcessNamedOtherIsNoTrick) {
  Ledger ledger = make_ledger();
  ledger.unexpected(Unexpected::no_name, "a.service", "other");
  ledger.unexpected(Unexpected::no_name, "other", "x");
  EXPECT_EQ(count_of(ledger, Unexpected::no_name, "a.service", "other"), 1U);
  EXPECT_EQ(count_of(ledger, Unexpected::no_name, "other", "other"), 1U);
}

TEST(UnexpectedCounts, AUnitThatMakesUpProcessesKeepsToItsOwnPlaces) {
  Ledger ledger = make_ledger();
  for (int i = 0; i < 100'000; ++i) ledger.unexpected(Unexpected::no_name, "scanner.service", "p" + std::to_string(i));
  ledger.unexpected(Unexpected::no_name, "payroll.service", "java");
  EXPECT_EQ(count_of(ledger, Unexpected::no_name, "payroll.service", "java"), 1U);
  EXPECT_EQ(count_of(ledger, Unexpected::no_name, "scanner.service", "other"),
            100'000U - UnexpectedCounts::kProcessesPerUnit);
  EXPECT_EQ(sum_of(ledger), 100'001U);
  EXPECT_EQ(ledger.snapshot().overflow.unexpected, 100'000U - UnexpectedCounts::kProcessesPerUnit);
}

TEST(UnexpectedCounts, BeyondTheBudgetUnitsAreOneAndSumsStayExact) {
  Ledger ledger({.series_per_metric = 10, .hosts_per_service = 10});
  for (int i = 0; i < 1'000; ++i) ledger.unexpected(Unexpected::no_name, "u" + std::to_string(i), "p");
  EXPECT_EQ(sum_of(ledger), 1'000U);
  EXPECT_EQ(count_of(ledger, Unexpected::no_name, "u0", "p"), 1U);
  EXPECT_EQ(count_of(ledger, Unexpected::no_name, "other", "other"), 995U);
  EXPECT_LE(ledger.snapshot().unexpected.size(), 10U + kUnexpectedNames.size() - 1);
  EXPECT_EQ(ledger.snapshot().overflow.unexpected, 995U);
}

}  // namespace
}  // namespace egresswatch::account
