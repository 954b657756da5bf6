// SPDX-License-Identifier: Apache-2.0
#include "base/bounded_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace egresswatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

using Map = BoundedMap<int, std::string>;

void put(Map& map, int key, const std::string& value) {
  std::string* slot = map.find_or_insert(key);
  ASSERT_NE(slot, nullptr) << key;
  *slot = value;
}

std::vector<int> keys_oldest_first(Map& map) {
  std::vector<int> keys;
  map.for_each_oldest_first([&](int key, const std::string&) {
    keys.push_back(key);
    return true;
  });
  return keys;
}

TEST(BoundedMap, IsEmptyAtFirst) {
  Map map(4);
  EXPECT_EQ(map.size(), 0U);
  EXPECT_EQ(map.capacity(), 4U);
  EXPECT_EQ(map.find(1), nullptr);
  EXPECT_EQ(map.peek(1), nullptr);
  EXPECT_FALSE(map.erase(1));
  EXPECT_FALSE(map.pin(1));
  EXPECT_FALSE(map.pinned(1));
  EXPECT_THAT(keys_oldest_first(map), IsEmpty());
}

TEST(BoundedMap, ReportsWhetherAnEntryIsNew) {
  Map map(4);
  bool inserted = false;
  ASSERT_NE(map.find_or_insert(1, &inserted), nullptr);
  EXPECT_TRUE(inserted);
  ASSERT_NE(map.find_or_insert(1, &inserted), nullptr);
  EXPECT_FALSE(inserted);
  EXPECT_EQ(map.size(), 1U);
}

TEST(BoundedMap, HoldsWhatWasPut) {
  Map map(4);
  put(map, 1, "one");
  put(map, 2, "two");
  ASSERT_NE(map.find(1), nullptr);
  EXPECT_EQ(*map.find(1), "one");
  ASSERT_NE(map.peek(2), nullptr);
  EXPECT_EQ(*map.peek(2), "two");
}

TEST(BoundedMap, CapacityZeroIsOne) {
  Map map(0);
  EXPECT_EQ(map.capacity(), 1U);
  put(map, 1, "one");
  put(map, 2, "two");
  EXPECT_THAT(keys_oldest_first(map), ElementsAre(2));
  EXPECT_EQ(map.evictions(), 1U);
}

TEST(BoundedMap, EvictsTheOldest) {
  Map map(3);
  for (int key = 1; key <= 5; ++key) put(map, key, "");
  EXPECT_THAT(keys_oldest_first(map), ElementsAre(3, 4, 5));
  EXPECT_EQ(map.size(), 3U);
  EXPECT_EQ(map.evictions(), 2U);
  EXPECT_EQ(map.refused(), 0U);
}

TEST(BoundedMap, FindMakesAnEntryTheYoungest) {
  Map map(3);
  for (int key = 1; key <= 3; ++key) put(map, key, "");
  ASSERT_NE(map.find(1), nullptr);
  EXPECT_THAT(keys_oldest_first(map), ElementsAre(2, 3, 1));
  put(map, 4, "");
  EXPECT_THAT(keys_oldest_first(map), ElementsAre(3, 1, 4));
}

TEST(BoundedMap, FindingTheMiddleAndTheYoungestKeepsTheOrderWhole) {
  Map map(3);
  for (int key = 1; key <= 3; ++key) put(map, key, "");
  ASSERT_NE(map.find(3), nullptr);
  EXPECT_THAT(keys_oldest_first(map), ElementsAre(1, 2, 3));
  ASSERT_NE(map.find(2), nullptr);
  EXPECT_THAT(keys_oldest_first(map), ElementsAre(1, 3, 2));
}

TEST(BoundedMap, PeekKeepsTheOrder) {
  Map map(2);
  put(map, 1, "");
  put(map, 2, "");
  ASSERT_NE(map.peek(1), nullptr);
  EXPECT_THAT(keys_oldest_first(map), ElementsAre(1, 2));
}

TEST(BoundedMap, InsertingAgainMakesAnEntryTheYoungest) {
  Map map(2);
  put(map, 1, "a");
  put(map, 2, "b");
  put(map, 1, "c");
  put(map, 3, "d");
  EXPECT_THAT(keys_oldest_first(map), ElementsAre(1, 3));
  EXPECT_EQ(*map.peek(1), "c");
}

TEST(BoundedMap, TellsWhatItEvicts) {
  std::vector<std::pair<int, std::string>> evicted;
  Map map(2, [&](int key, std::string& value) { evicted.emplace_back(key, value); });
  put(map, 1, "one");
  put(map, 2, "two");
  EXPECT_THAT(evicted, IsEmpty());
  put(map, 3, "three");
  EXPECT_THAT(evicted, ElementsAre(Pair(1, "one")));
}

TEST(BoundedMap, ErasingIsNotEvicting) {
  int evicted = 0;
  Map map(2, [&](int, std::string&) { ++evicted; });
  put(map, 1, "one");
  EXPECT_TRUE(map.erase(1));
  EXPECT_FALSE(map.erase(1));
  EXPECT_EQ(evicted, 0);
  EXPECT_EQ(map.evictions(), 0U);
  EXPECT_EQ(map.size(), 0U);
}

TEST(BoundedMap, AReusedSlotStartsFromTheDefault) {
  Map map(1);
  put(map, 1, "one");
  ASSERT_TRUE(map.pin(1));
  ASSERT_TRUE(map.erase(1));
  ASSERT_NE(map.find_or_insert(2), nullptr);
  EXPECT_EQ(*map.peek(2), "");
  EXPECT_FALSE(map.pinned(2)) << "the pin of the entry that was erased stayed";
}

TEST(BoundedMap, PassesOverPinnedEntries) {
  Map map(3);
  for (int key = 1; key <= 3; ++key) put(map, key, "");
  ASSERT_TRUE(map.pin(1));
  put(map, 4, "");
  EXPECT_THAT(keys_oldest_first(map), ElementsAre(1, 3, 4));
  EXPECT_TRUE(map.pinned(1));
}

TEST(BoundedMap, RefusesWhenAllArePinned) {
  Map map(2);
  put(map, 1, "one");
  put(map, 2, "two");
  ASSERT_TRUE(map.pin(1));
  ASSERT_TRUE(map.pin(2));
  bool inserted = true;
  EXPECT_EQ(map.find_or_insert(3, &inserted), nullptr);
  EXPECT_FALSE(inserted);
  EXPECT_EQ(map.refused(), 1U);
  EXPECT_EQ(map.evictions(), 0U);
  EXPECT_THAT(keys_oldest_first(map), ElementsAre(1, 2));
  EXPECT_NE(map.find_or_insert(1), nullptr) << "what is in the map is found also when it is full";
}

TEST(BoundedMap, CountsPins) {
  Map map(1);
  put(map, 1, "");
  map.pin(1);
  map.pin(1);
  map.unpin(1);
  EXPECT_TRUE(map.pinned(1));
  EXPECT_EQ(map.find_or_insert(2), nullptr);
  map.unpin(1);
  EXPECT_FALSE(map.pinned(1));
  map.unpin(1);  // one too many
  map.unpin(7);  // not there
  EXPECT_FALSE(map.pinned(1));
  EXPECT_NE(map.find_or_insert(2), nullptr);
  EXPECT_THAT(keys_oldest_first(map), ElementsAre(2));
}

TEST(BoundedMap, APinnedEntryCanBeErased) {
  Map map(1);
  put(map, 1, "");
  map.pin(1);
  EXPECT_TRUE(map.erase(1));
  EXPECT_NE(map.find_or_insert(2), nullptr);
}

// The search for a victim is bounded, so 64 pinned entries at the old end refuse an insertion.
TEST(BoundedMap, LooksAtTheSixtyFourOldestOnly) {
  Map map(65);
  for (int key = 0; key < 65; ++key) put(map, key, "");
  for (int key = 0; key < 64; ++key) map.pin(key);
  EXPECT_EQ(map.find_or_insert(100), nullptr);
  EXPECT_EQ(map.refused(), 1U);
  map.unpin(63);
  EXPECT_NE(map.find_or_insert(100), nullptr);
  EXPECT_EQ(map.peek(63), nullptr);
}

TEST(BoundedMap, TheVisitedEntryMayBeErased) {
  Map map(8);
  for (int key = 1; key <= 6; ++key) put(map, key, "");
  std::vector<int> visited;
  map.for_each_oldest_first([&](int key, std::string&) {
    visited.push_back(key);
    if (key % 2 == 0 || key == 1) {
      const int copy = key;  // `key` lives in the entry
      EXPECT_TRUE(map.erase(copy));
    }
    return true;
  });
  EXPECT_THAT(visited, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(keys_oldest_first(map), ElementsAre(3, 5));
  EXPECT_EQ(map.size(), 2U);
}

TEST(BoundedMap, AllMayBeErasedDuringAVisit) {
  Map map(100);
  for (int key = 0; key < 100; ++key) put(map, key, "");
  map.for_each_oldest_first([&](int key, std::string&) { return map.erase(key); });
  EXPECT_EQ(map.size(), 0U);
  EXPECT_THAT(keys_oldest_first(map), IsEmpty());
  put(map, 1, "again");
  EXPECT_THAT(keys_oldest_first(map), ElementsAre(1));
}

TEST(BoundedMap, AVisitStopsOnFalse) {
  Map map(8);
  for (int key = 1; key <= 4; ++key) put(map, key, "");
  int visits = 0;
  map.for_each_oldest_first([&](int key, std::string&) {
    ++visits;
    return key != 2;
  });
  EXPECT_EQ(visits, 2);
}

TEST(BoundedMap, GrowsPastItsFirstBuckets) {
  Map map(10'000);
  for (int key = 0; key < 10'000; ++key) put(map, key, std::to_string(key));
  EXPECT_EQ(map.size(), 10'000U);
  EXPECT_EQ(map.evictions(), 0U);
  for (int key = 0; key < 10'000; ++key) {
    ASSERT_NE(map.peek(key), nullptr) << key;
    ASSERT_EQ(*map.peek(key), std::to_string(key));
  }
}

struct SameForAll {
  std::size_t operator()(int) const { return 7; }
};

TEST(BoundedMap, SurvivesAHashThatIsTheSameForAll) {
  BoundedMap<int, int, SameForAll> map(100);
  for (int key = 0; key < 300; ++key) *map.find_or_insert(key) = key;
  for (int key = 200; key < 300; key += 2) EXPECT_TRUE(map.erase(key));
  for (int key = 200; key < 300; ++key) {
    ASSERT_EQ(map.peek(key) == nullptr, key % 2 == 0) << key;
    if (key % 2 != 0) {
      ASSERT_EQ(*map.peek(key), key);
    }
  }
}

TEST(BoundedMap, HoldsMoveOnlyValues) {
  BoundedMap<int, std::unique_ptr<int>> map(2);
  *map.find_or_insert(1) = std::make_unique<int>(10);
  *map.find_or_insert(2) = std::make_unique<int>(20);
  *map.find_or_insert(3) = std::make_unique<int>(30);
  EXPECT_EQ(map.peek(1), nullptr);
  EXPECT_EQ(**map.peek(3), 30);
}

}  // namespace
}  // namespace egresswatch
