// SPDX-License-Identifier: Apache-2.0
#include "correlate/expiry_heap.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace egresswatch::correlate {
namespace {

TEST(ExpiryHeap, HasTheEarliestFirst) {
  ExpiryHeap heap;
  heap.push(5, 300);
  heap.push(2, 100);
  heap.push(9, 200);
  EXPECT_EQ(heap.first(), 2U);
  EXPECT_EQ(heap.first_expiry_ns(), 100U);
}

TEST(ExpiryHeap, LetsAnySlotBeTakenOut) {
  ExpiryHeap heap;
  heap.push(0, 1);
  heap.push(1, 2);
  heap.push(2, 3);
  heap.remove(1);
  heap.remove(1);
  EXPECT_FALSE(heap.contains(1));
  heap.remove(0);
  EXPECT_EQ(heap.first(), 2U);
  heap.remove(2);
  EXPECT_TRUE(heap.empty());
}

TEST(ExpiryHeap, AgreesWithASortedMapOverManyRandomSteps) {
  ExpiryHeap heap;
  std::map<std::uint32_t, std::uint64_t> model;
  std::mt19937 random(1);
  for (int step = 0; step < 20'000; ++step) {
    const auto slot = static_cast<std::uint32_t>(random() % 200);
    if (model.erase(slot) > 0) {
      heap.remove(slot);
    } else {
      model[slot] = random() % 1000;
      heap.push(slot, model[slot]);
    }
    ASSERT_EQ(heap.empty(), model.empty());
    if (model.empty()) continue;
    std::uint64_t earliest = ~std::uint64_t{0};
    for (const auto& [unused, expiry] : model) earliest = std::min(earliest, expiry);
    ASSERT_EQ(heap.first_expiry_ns(), earliest);
    ASSERT_EQ(model.at(heap.first()), earliest);
  }
}

}  // namespace
}  // namespace egresswatch::correlate
