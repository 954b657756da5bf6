// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "history_fixture.h"

namespace egresswatch::history {
namespace {

using ::testing::Each;
using ::testing::SizeIs;

class HistoryLimitsTest : public HistoryTest {
 protected:
  // `hosts` destinations of one unit within one hour.
  static void note_hour(Store& store, std::uint64_t time_ns, int hosts) {
    ConnectionReport report = sample_connection();
    report.wall_time_ns = time_ns;
    report.service = "other";
    for (int i = 0; i < hosts; ++i) {
      const std::string host = "a-rather-long-name-" + std::to_string(i) + ".internal.example.com";
      report.host = host;
      store.note(report);
    }
  }
};

TEST_F(HistoryLimitsTest, WhatIsTooOldGoes) {
  const auto store = open({.max_age_ns = 48 * kHourNs});
  store->note(sample_connection());
  flush(*store);
  ConnectionReport later = sample_connection();
  later.host = "new.vault.azure.net";
  later.wall_time_ns = kNow + 48 * kHourNs;
  store->note(later);
  flush(*store, later.wall_time_ns);
  EXPECT_THAT(contents().observations, SizeIs(2)) << "not older than the limit yet";
  later.wall_time_ns += kDayNs;
  store->note(later);
  flush(*store, later.wall_time_ns);
  const Contents found = contents();
  ASSERT_EQ(found.observations.size(), 1U);
  EXPECT_EQ(found.observations[0].host, "new.vault.azure.net");
  ASSERT_EQ(found.addresses.size(), 1U);
  EXPECT_EQ(found.addresses[0].host, "new.vault.azure.net");
}

TEST_F(HistoryLimitsTest, TheFileStaysSmallAndKeepsTheNewestHours) {
  constexpr std::uint64_t kMaxBytes = 1024 * 1024;
  constexpr std::uint64_t kHours = 40;
  const auto store = open({.max_bytes = kMaxBytes});
  std::uint64_t largest = 0;
  for (std::uint64_t hour = 0; hour < kHours; ++hour) {
    note_hour(*store, kNow + hour * kHourNs, 300);
    flush(*store, kNow + hour * kHourNs);
    largest = std::max<std::uint64_t>(largest, std::filesystem::file_size(path_));
  }
  EXPECT_LE(largest, kMaxBytes);
  EXPECT_THAT(store->losses(), Each(0U)) << "the oldest make room in time";
  const Contents found = contents();
  EXPECT_GT(found.begin_ns, kNow + kHourNs) << "or the test shows nothing";
  EXPECT_LT(found.begin_ns, kNow + (kHours - 2) * kHourNs);
  EXPECT_EQ(contents(kNow + (kHours - 1) * kHourNs).observations.size(), 300U);
}

TEST_F(HistoryLimitsTest, WhatDoesNotFitAtAllIsCounted) {
  const auto store = open({.max_bytes = 64 * 1024});
  note_hour(*store, kNow, 900);
  flush(*store);
  EXPECT_EQ(store->losses()[static_cast<std::size_t>(Loss::disk_full)], 1'800U);
  EXPECT_THAT(store->take_notice(), ::testing::HasSubstr("full"));
  EXPECT_LE(std::filesystem::file_size(path_), 64U * 1024);
  // the next, smaller flush goes well
  store->note(sample_connection());
  flush(*store);
  EXPECT_TRUE(store->writing());
  EXPECT_THAT(contents().observations, SizeIs(1));
}

TEST_F(HistoryLimitsTest, ASmallerLimitMakesALargeFileSmaller) {
  {
    const auto store = open();
    for (std::uint64_t hour = 0; hour < 20; ++hour) {
      note_hour(*store, kNow + hour * kHourNs, 900);
      flush(*store, kNow + hour * kHourNs);
    }
  }
  const auto before = std::filesystem::file_size(path_);
  ASSERT_GT(before, 2U * 1024 * 1024);
  {
    const auto store = open({.max_bytes = 1024 * 1024});
    for (std::uint64_t i = 0; i < 60; ++i) {
      ConnectionReport report = sample_connection();
      report.wall_time_ns = kNow + 20 * kHourNs + i;
      store->note(report);
      flush(*store, report.wall_time_ns);
    }
    EXPECT_THAT(store->losses(), Each(0U));
  }
  EXPECT_LT(std::filesystem::file_size(path_), 1536U * 1024);
}

// Of a flood through one unit, hour after hour: what the other unit did at the beginning of the flood is still there.
TEST_F(HistoryLimitsTest, AFloodOfOneUnitIsBoundedInTheFile) {
  const auto store = open();
  store->note(sample_connection());
  for (std::uint64_t hour = 0; hour < 3; ++hour) {
    note_hour(*store, kNow + hour * kHourNs, 20'000);
    flush(*store, kNow + hour * kHourNs);
  }
  EXPECT_THAT(store->losses(), Each(0U));
  const Contents found = contents();
  EXPECT_EQ(found.observations.size(), 1U + 1'000U + 1U);
  EXPECT_EQ(found.observations[0].service, "key_vault");
  EXPECT_EQ(found.observations[1].host, "");
  EXPECT_EQ(found.observations[1].port, 443);
  EXPECT_EQ(found.observations[1].attempts, 57'000U);
}

}  // namespace
}  // namespace egresswatch::history
