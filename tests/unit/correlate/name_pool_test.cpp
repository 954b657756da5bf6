// SPDX-License-Identifier: Apache-2.0
#include "correlate/name_pool.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "allocations.h"

namespace egresswatch::correlate {
namespace {

TEST(NamePool, StoresATextOnce) {
  NamePool pool(10);
  const auto first = pool.intern("vault.azure.net");
  EXPECT_EQ(pool.intern("vault.azure.net"), first);
  EXPECT_EQ(pool.size(), 1U);
  EXPECT_EQ(pool.text(first), "vault.azure.net");
}

TEST(NamePool, KeepsATextUntilItsLastReferenceIsGone) {
  NamePool pool(10);
  const auto id = pool.intern("a.example");
  pool.retain(id);
  pool.release(id);
  EXPECT_EQ(pool.text(id), "a.example");
  pool.release(id);
  EXPECT_EQ(pool.size(), 0U);
}

TEST(NamePool, TellsTextsOfEveryLengthApart) {
  NamePool pool(4000);
  std::vector<NamePool::Id> ids;
  for (std::size_t length = 1; length <= NamePool::kMaxLength; ++length)
    ids.push_back(pool.intern(std::string(length, 'x')));
  for (std::size_t length = 1; length <= NamePool::kMaxLength; ++length)
    EXPECT_EQ(pool.text(ids[length - 1]), std::string(length, 'x'));
}

TEST(NamePool, RefusesEmptyAndLongTexts) {
  NamePool pool(10);
  EXPECT_EQ(pool.intern(""), NamePool::kNone);
  EXPECT_EQ(pool.intern(std::string(NamePool::kMaxLength + 1, 'x')), NamePool::kNone);
}

TEST(NamePool, RefusesNewTextsWhenFullButKnowsTheOldOnes) {
  NamePool pool(2);
  const auto first = pool.intern("a");
  pool.intern("b");
  EXPECT_EQ(pool.intern("c"), NamePool::kNone);
  EXPECT_EQ(pool.intern("a"), first);
}

TEST(NamePool, LeavesRoomForShortTextsWhenLongOnesFloodIt) {
  NamePool pool(80);
  int stored = 0;
  for (int i = 0; i < 80; ++i)
    if (pool.intern(std::string(200, 'x') + std::to_string(i)) != NamePool::kNone) ++stored;
  EXPECT_EQ(stored, 10);
  EXPECT_NE(pool.intern("vault.azure.net"), NamePool::kNone);
}

TEST(NamePool, UsesTheRoomOfFreedTextsAgain) {
  NamePool pool(100);
  const auto churn = [&pool](char with) {
    std::vector<NamePool::Id> ids(100);
    for (char i = 0; auto& id : ids) id = pool.intern(std::string(1, with) + i++ + ".example");
    for (const auto id : ids) pool.release(id);
  };
  churn('a');
  const auto before = test::allocated_bytes();
  for (char with = 'b'; with < 'k'; ++with) churn(with);
  EXPECT_EQ(test::allocated_bytes(), before);
}

}  // namespace
}  // namespace egresswatch::correlate
