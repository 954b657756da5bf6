// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "history/batch_table.h"
#include "history/budget.h"

namespace egresswatch::history {
namespace {

using Names = BatchTable<std::string>;

std::string* find(Names& table, std::uint64_t hash, std::string_view name) {
  return table.find(hash, [&](const std::string& row) { return row == name; });
}

TEST(BatchTable, RowsAreToldApartThoughTheirHashesAreEqual) {
  Names table(10);
  EXPECT_EQ(find(table, 7, "a"), nullptr);
  *table.add(7) = "a";
  *table.add(7) = "b";
  ASSERT_NE(find(table, 7, "a"), nullptr);
  ASSERT_NE(find(table, 7, "b"), nullptr);
  EXPECT_EQ(*find(table, 7, "b"), "b");
  EXPECT_EQ(find(table, 7, "c"), nullptr);
  EXPECT_EQ(find(table, 8, "a"), nullptr);
  EXPECT_EQ(table.size(), 2U);
}

TEST(BatchTable, GrowsToItsCapacityAndRefusesTheRest) {
  Names table(3'000);
  for (std::uint64_t i = 0; i < 3'000; ++i) *table.add(i * 64) = std::to_string(i);
  EXPECT_EQ(table.add(1), nullptr);
  EXPECT_EQ(table.size(), table.capacity());
  for (std::uint64_t i = 0; i < 3'000; ++i) EXPECT_NE(find(table, i * 64, std::to_string(i)), nullptr) << i;
  EXPECT_EQ(table.rows()[2'999], "2999");
}

// More rows than are kept, and fewer.
TEST(BatchTable, CanBeUsedAgainAfterClear) {
  for (const std::uint64_t rows : {std::uint64_t{10}, Names::kKeptRows + 1}) {
    Names table(5'000);
    for (int round = 0; round < 3; ++round) {
      for (std::uint64_t i = 0; i < rows; ++i) *table.add(i) = std::to_string(i);
      EXPECT_NE(find(table, rows - 1, std::to_string(rows - 1)), nullptr);
      table.clear();
      EXPECT_EQ(table.size(), 0U);
      EXPECT_TRUE(table.rows().empty());
      EXPECT_EQ(find(table, 0, "0"), nullptr);
    }
  }
}

TEST(Budget, EachOwnerHasItsOwnShare) {
  Budget budget(2, 100);
  EXPECT_TRUE(budget.admit(1, 10, 1));
  EXPECT_TRUE(budget.admit(1, 10, 2));
  EXPECT_FALSE(budget.admit(1, 10, 3));
  EXPECT_TRUE(budget.admit(1, 10, 1)) << "what was let in stays in";
  EXPECT_TRUE(budget.admit(1, 11, 3));
}

TEST(Budget, TheTotalIsBounded) {
  Budget budget(10, 3);
  EXPECT_TRUE(budget.admit(1, 10, 1));
  EXPECT_TRUE(budget.admit(1, 11, 1));
  EXPECT_TRUE(budget.admit(1, 12, 1));
  EXPECT_FALSE(budget.admit(1, 13, 1));
  EXPECT_FALSE(budget.admit(1, 10, 2));
}

TEST(Budget, TheNextHourBeginsAnewAndALateOutcomeDoesNot) {
  Budget budget(1, 100);
  EXPECT_TRUE(budget.admit(5, 10, 1));
  EXPECT_FALSE(budget.admit(5, 10, 2));
  EXPECT_TRUE(budget.admit(6, 10, 2));
  EXPECT_FALSE(budget.admit(5, 10, 1)) << "of the hour before";
  EXPECT_TRUE(budget.admit(3, 10, 1)) << "the clock was set back";
  EXPECT_FALSE(budget.admit(3, 10, 2));
}

}  // namespace
}  // namespace egresswatch::history
