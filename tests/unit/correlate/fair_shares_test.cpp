// SPDX-License-Identifier: Apache-2.0
#include "correlate/fair_shares.h"

#include <gtest/gtest.h>

namespace egresswatch::correlate {
namespace {

constexpr auto kAny = [](FairShares::Slot) { return true; };

TEST(FairShares, AnOwnerAtItsShareGivesUpItsOldest) {
  FairShares shares(4);
  shares.add(0, 7);
  shares.add(1, 7);
  shares.add(2, 8);
  shares.add(3, 8);
  EXPECT_EQ(shares.victim(7, kAny), 0U);
  EXPECT_EQ(shares.victim(8, kAny), 2U);
}

TEST(FairShares, AnOwnerBelowItsShareTakesFromWhoHasMost) {
  FairShares shares(6);
  for (FairShares::Slot slot = 0; slot < 5; ++slot) shares.add(slot, 7);
  shares.add(5, 8);
  EXPECT_EQ(shares.victim(8, kAny), 0U);
  EXPECT_EQ(shares.victim(9, kAny), 0U) << "an owner without slots as well";
  shares.remove(0);
  EXPECT_EQ(shares.victim(8, kAny), 1U);
}

TEST(FairShares, WhatMayNotGoStays) {
  FairShares shares(4);
  for (FairShares::Slot slot = 0; slot < 3; ++slot) shares.add(slot, 7);
  EXPECT_EQ(shares.victim(7, [](FairShares::Slot slot) { return slot == 2; }), 2U);
  EXPECT_EQ(shares.victim(7, [](FairShares::Slot) { return false; }), FairShares::kNone);
  EXPECT_EQ(shares.count(7), 3U);
}

TEST(FairShares, AQuarterIsTheMostThatOneCanHave) {
  FairShares shares(8);
  shares.add(0, 7);
  EXPECT_FALSE(shares.has_most(7));
  shares.add(1, 7);
  EXPECT_TRUE(shares.has_most(7));
  shares.remove(0);
  EXPECT_FALSE(shares.has_most(7));
}

TEST(FairShares, WhatIsUsedByTwoBelongsToWhoHasFewer) {
  FairShares shares(8);
  for (FairShares::Slot slot = 0; slot < 3; ++slot) shares.add(slot, 7);
  shares.share(1, 8);
  EXPECT_EQ(shares.count(7), 2U);
  EXPECT_EQ(shares.count(8), 1U);
  shares.share(1, 7);
  EXPECT_EQ(shares.count(8), 1U);
}

TEST(FairShares, TooManyOwnersShareOnePlace) {
  FairShares shares(10'000);
  const std::size_t many = FairShares::kMaxOwners + 10;
  for (std::size_t i = 0; i < many; ++i) shares.add(static_cast<FairShares::Slot>(i), i + 1);
  EXPECT_EQ(shares.count(1), 1U);
  EXPECT_EQ(shares.count(many), 0U);
  // they are the one who has most
  EXPECT_EQ(shares.victim(many + 1, kAny), FairShares::kMaxOwners);
  for (std::size_t i = 0; i < many; ++i) shares.remove(static_cast<FairShares::Slot>(i));
  shares.add(0, many);
  EXPECT_EQ(shares.count(many), 1U) << "there is room for it again";
}

TEST(FairShares, RemovingWhatIsNotThereDoesNothing) {
  FairShares shares(4);
  shares.remove(3);
  shares.add(3, 7);
  shares.remove(3);
  shares.remove(3);
  EXPECT_EQ(shares.count(7), 0U);
}

}  // namespace
}  // namespace egresswatch::correlate
