// SPDX-License-Identifier: Apache-2.0
// BoundedMap against an obvious model of it (a list in order of use), under random operations with fixed seeds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <list>
#include <random>
#include <vector>

#include "base/bounded_map.h"

namespace egresswatch {
namespace {

class Model {
 public:
  struct Entry {
    int key = 0;
    int value = 0;
    int pins = 0;
    bool operator==(const Entry&) const = default;
  };

  explicit Model(std::size_t capacity) : capacity_(capacity) {}

  std::list<Entry>::iterator at(int key) {
    return std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.key == key; });
  }
  bool touch(int key) {
    const auto it = at(key);
    if (it == entries_.end()) return false;
    entries_.splice(entries_.end(), entries_, it);
    return true;
  }
  bool put(int key, int value) {
    if (touch(key)) {
      entries_.back().value = value;
      return true;
    }
    if (entries_.size() == capacity_) {
      // capacities of this test stay below the number of entries that the map looks at
      const auto victim = std::find_if(entries_.begin(), entries_.end(), [](const Entry& e) { return e.pins == 0; });
      if (victim == entries_.end()) {
        ++refused;
        return false;
      }
      evicted.push_back(victim->key);
      entries_.erase(victim);
    }
    entries_.push_back({key, value, 0});
    return true;
  }
  bool erase(int key) {
    const auto it = at(key);
    if (it == entries_.end()) return false;
    entries_.erase(it);
    return true;
  }

  std::list<Entry>& entries() { return entries_; }  // oldest first

  std::vector<int> evicted;
  std::uint64_t refused = 0;

 private:
  std::size_t capacity_;
  std::list<Entry> entries_;
};

class BoundedMapModel : public testing::TestWithParam<int> {};

TEST_P(BoundedMapModel, BehavesAlike) {
  const auto capacity = static_cast<std::size_t>(GetParam());
  std::vector<int> evicted;
  BoundedMap<int, int> map(capacity, [&](int key, int&) { evicted.push_back(key); });
  Model model(capacity);

  std::mt19937 random(static_cast<std::uint32_t>(capacity));
  std::uniform_int_distribution<int> any_key(0, 3 * GetParam());
  std::uniform_int_distribution<int> any_action(0, 99);

  for (int step = 0; step < 20'000; ++step) {
    const int key = any_key(random);
    const int action = any_action(random);
    if (action < 45) {
      int* slot = map.find_or_insert(key);
      if (slot) *slot = step;
      ASSERT_EQ(slot != nullptr, model.put(key, step)) << step;
    } else if (action < 60) {
      const int* found = map.find(key);
      ASSERT_EQ(found != nullptr, model.touch(key)) << step;
      if (found) {
        ASSERT_EQ(*found, model.entries().back().value) << step;
      }
    } else if (action < 75) {
      ASSERT_EQ(map.erase(key), model.erase(key)) << step;
    } else if (action < 87) {
      const auto entry = model.at(key);
      ASSERT_EQ(map.pin(key), entry != model.entries().end()) << step;
      if (entry != model.entries().end()) ++entry->pins;
    } else {
      const auto entry = model.at(key);
      map.unpin(key);
      if (entry != model.entries().end() && entry->pins > 0) --entry->pins;
    }

    std::vector<Model::Entry> seen;
    map.for_each_oldest_first([&](int k, int v) {
      seen.push_back({k, v, 0});
      return true;
    });
    ASSERT_EQ(seen.size(), model.entries().size()) << step;
    ASSERT_EQ(map.size(), seen.size()) << step;
    auto expected = model.entries().begin();
    for (const Model::Entry& entry : seen) {
      ASSERT_EQ(entry.key, expected->key) << step;
      ASSERT_EQ(entry.value, expected->value) << step;
      ASSERT_EQ(map.pinned(entry.key), expected->pins > 0) << step;
      ++expected;
    }
  }
  EXPECT_EQ(evicted, model.evicted);
  EXPECT_EQ(map.evictions(), evicted.size());
  EXPECT_EQ(map.refused(), model.refused);
  EXPECT_FALSE(evicted.empty());
}

INSTANTIATE_TEST_SUITE_P(Capacity, BoundedMapModel, testing::Values(1, 2, 3, 31, 32, 33, 60));

}  // namespace
}  // namespace egresswatch
