// SPDX-License-Identifier: Apache-2.0
#include "account/histogram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <limits>

namespace egresswatch::account {
namespace {

using testing::ElementsAre;

constexpr std::array<std::uint64_t, 2> kBounds{10, 100};

TEST(Histogram, ABoundIsInclusive) {
  Histogram histogram(kBounds);
  histogram.observe(10);
  histogram.observe(11);
  histogram.observe(100);
  EXPECT_THAT(histogram.counts(), ElementsAre(1, 2, 0));
}

TEST(Histogram, WhatExceedsEveryBoundGoesToTheLastBucket) {
  Histogram histogram(kBounds);
  histogram.observe(101);
  histogram.observe(std::numeric_limits<std::uint64_t>::max());
  EXPECT_THAT(histogram.counts(), ElementsAre(0, 0, 2));
}

TEST(Histogram, CountAndSumCoverAllBuckets) {
  Histogram histogram(kBounds);
  for (const std::uint64_t duration : std::initializer_list<std::uint64_t>{0, 50, 500}) histogram.observe(duration);
  EXPECT_EQ(histogram.count(), 3);
  EXPECT_EQ(histogram.sum_ns(), 550);
}

TEST(Histogram, ConnectBucketsReachFromHalfAMillisecondToAMinute) {
  EXPECT_EQ(connect_bounds_ns().front(), 500'000);
  EXPECT_EQ(connect_bounds_ns().back(), 60'000'000'000);
}

}  // namespace
}  // namespace egresswatch::account
