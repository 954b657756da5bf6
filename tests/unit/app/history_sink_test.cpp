// SPDX-License-Identifier: Apache-2.0
#include "app/history_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <vector>

#include "history/read.h"
#include "unit/app/capturing_sink.h"

namespace egresswatch::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kSecondNs = 1'000'000'000;
constexpr std::uint64_t kNow = 1'790'000'000 * kSecondNs;

std::vector<std::string> g_warnings;  // what was logged

class HistorySinkTest : public ::testing::Test {
 protected:
  HistorySinkTest() {
    std::string name = (std::filesystem::temp_directory_path() / "egresswatch.XXXXXX").string();
    if (!::mkdtemp(name.data())) ADD_FAILURE() << "no temporary directory";
    directory_ = name;
    path_ = directory_ / "history.db";
    g_warnings.clear();
    log::set_sink([](log::Level, std::string_view message) { g_warnings.emplace_back(message); });
  }
  ~HistorySinkTest() override { std::filesystem::remove_all(directory_); }

  static ConnectionReport connection() {
    ConnectionReport report;
    report.wall_time_ns = kNow;
    report.service = "key_vault";
    report.host = "a.vault.azure.net";
    report.unit = "a.service";
    report.remote = {IpAddress::v4(20, 1, 2, 3), 443};
    report.connect_latency_ns = 1;
    return report;
  }
  std::size_t kept() const {
    const auto contents = history::read(path_, 0);
    return contents ? contents->observations.size() : 0;
  }

  std::filesystem::path directory_;
  std::string path_;
  test::CapturingSink next_;
  HistorySink sink_{next_};
};

TEST_F(HistorySinkTest, HandsEveryReportOnWithOrWithoutAHistory) {
  sink_.connection(connection());
  sink_.dns({});
  sink_.open({.path = path_}, kNow);
  sink_.connection(connection());
  sink_.dns({});
  EXPECT_EQ(next_.connections().size(), 2U);
  EXPECT_EQ(next_.dns().size(), 2U);
  EXPECT_THAT(g_warnings, IsEmpty());
}

TEST_F(HistorySinkTest, WritesEveryTenSecondsAndWhenAsked) {
  sink_.open({.path = path_}, kNow);
  sink_.connection(connection());
  sink_.tick(kNow + 8 * kSecondNs);
  EXPECT_EQ(kept(), 0U);
  sink_.tick(kNow + 10 * kSecondNs);
  EXPECT_EQ(kept(), 1U);
  FlowReport flow;
  flow.wall_time_ns = kNow;
  flow.service = "other";
  sink_.flow(flow);
  sink_.tick(kNow + 18 * kSecondNs);
  EXPECT_EQ(kept(), 1U);
  EXPECT_TRUE(sink_.write_all(kNow + 18 * kSecondNs));
  EXPECT_EQ(kept(), 2U);
}

TEST_F(HistorySinkTest, AClockThatWasSetBackDoesNotStopIt) {
  sink_.open({.path = path_}, kNow);
  sink_.connection(connection());
  sink_.tick(kNow - 3'600 * kSecondNs);
  EXPECT_EQ(kept(), 1U);
}

TEST_F(HistorySinkTest, WhatDoesNotFitIntoOneFlushFollowsWithTheNextTick) {
  sink_.open({.path = path_}, kNow);
  ConnectionReport report = connection();
  for (int i = 0; i < 450; ++i) {
    const std::string host = "v" + std::to_string(i) + ".vault.azure.net";
    report.host = host;
    sink_.connection(report);
  }
  sink_.tick(kNow + 10 * kSecondNs);
  publish::SelfMetrics metrics;
  sink_.describe(metrics);
  EXPECT_EQ(metrics.tables.at(0).entries, 400U);
  sink_.tick(kNow + 12 * kSecondNs);
  metrics = {};
  sink_.describe(metrics);
  EXPECT_EQ(metrics.tables.at(0).entries, 0U);
  EXPECT_EQ(kept(), 450U);
}

TEST_F(HistorySinkTest, AFileThatCannotBeIsOneWarningAndCounted) {
  sink_.open({.path = "/proc/no/history.db"}, kNow);
  ASSERT_EQ(g_warnings.size(), 1U);
  EXPECT_THAT(g_warnings[0], HasSubstr("the history /proc/no/history.db cannot be written: No such file"));
  sink_.connection(connection());
  EXPECT_FALSE(sink_.write_all(kNow + 120 * kSecondNs));
  EXPECT_EQ(g_warnings.size(), 1U);
  EXPECT_EQ(next_.connections().size(), 1U);

  publish::SelfMetrics metrics;
  sink_.describe(metrics);
  ASSERT_EQ(metrics.tables.size(), 1U);
  EXPECT_EQ(metrics.tables[0].name, "history");
  EXPECT_EQ(metrics.tables[0].entries, 0U);
  EXPECT_EQ(metrics.tables[0].evictions, 0U);
  std::vector<std::pair<std::string_view, std::uint64_t>> losses;
  for (const auto& loss : metrics.history_losses) losses.emplace_back(loss.reason, loss.count);
  using Loss = std::pair<std::string_view, std::uint64_t>;
  EXPECT_THAT(losses, ElementsAre(Loss("too_many", 0), Loss("disk_full", 0), Loss("io_error", 0),
                                  Loss("not_writable", 2), Loss("locked", 0), Loss("damaged", 0), Loss("other", 0)));
}

TEST_F(HistorySinkTest, WithoutAPathThereIsNone) {
  sink_.open({.path = ""}, kNow);
  sink_.connection(connection());
  sink_.tick(kNow + 10 * kSecondNs);
  EXPECT_FALSE(sink_.write_all(kNow));
  publish::SelfMetrics metrics;
  sink_.describe(metrics);
  EXPECT_THAT(metrics.tables, IsEmpty());
  EXPECT_THAT(metrics.history_losses, IsEmpty());
}

}  // namespace
}  // namespace egresswatch::app
