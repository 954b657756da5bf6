// SPDX-License-Identifier: Apache-2.0
#include "publish/process_metrics.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace egresswatch::publish {
namespace {

std::optional<double> find(const ProcessMetrics& metrics, const std::string& name) {
  for (const auto& family : metrics.Collect()) {
    if (family.name != name) continue;
    const auto& series = family.metric.front();
    return family.type == prometheus::MetricType::Counter ? series.counter.value : series.gauge.value;
  }
  return std::nullopt;
}

// A /proc/self of our own.
class ProcFolder : public testing::Test {
 protected:
  ProcFolder() : path_(testing::TempDir() + "egresswatch_proc_" + std::to_string(::getpid())) {
    std::filesystem::create_directories(path_ + "/fd");
    for (const char* fd : {"0", "1", "2", "3"}) std::ofstream(path_ + "/fd/" + fd);
  }
  ~ProcFolder() override { std::filesystem::remove_all(path_); }
  void write_stat(const std::string& text) const { std::ofstream(path_ + "/stat") << text; }

  std::string path_;
};

TEST_F(ProcFolder, ReadsTheFieldsOfStat) {
  write_stat("42 (egresswatch) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 1 0 6000 123456789 300 1844\n");
  const ProcessMetrics metrics(path_);
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  EXPECT_EQ(find(metrics, "process_cpu_seconds_total"), 300 / ticks);
  EXPECT_EQ(find(metrics, "process_virtual_memory_bytes"), 123456789);
  EXPECT_EQ(find(metrics, "process_resident_memory_bytes"), 300.0 * static_cast<double>(::sysconf(_SC_PAGESIZE)));
}

TEST_F(ProcFolder, ANameWithParenthesesAndSpacesDoesNotShiftTheFields) {
  write_stat("42 (a) S (b c) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 1 0 6000 123456789 300 1844\n");
  EXPECT_EQ(find(ProcessMetrics(path_), "process_virtual_memory_bytes"), 123456789);
}

TEST_F(ProcFolder, AShortStatIsLeftOut) {
  write_stat("42 (egresswatch) S 1 42");
  EXPECT_EQ(find(ProcessMetrics(path_), "process_virtual_memory_bytes"), std::nullopt);
}

TEST_F(ProcFolder, TheDescriptorThatCountsIsNotCounted) {
  EXPECT_EQ(find(ProcessMetrics(path_), "process_open_fds"), 3);
}

TEST(ProcessMetrics, WhatCannotBeReadIsLeftOut) {
  const ProcessMetrics metrics("/nonexistent");
  EXPECT_EQ(find(metrics, "process_open_fds"), std::nullopt);
  EXPECT_EQ(find(metrics, "process_start_time_seconds"), std::nullopt);
}

TEST(ProcessMetrics, ThisProcessStartedALittleWhileAgo) {
  const auto start = find(ProcessMetrics(), "process_start_time_seconds");
  ASSERT_TRUE(start);
  const auto now = static_cast<double>(std::time(nullptr));
  EXPECT_LE(*start, now + 1);
  EXPECT_GT(*start, now - 3600);
}

TEST(ProcessMetrics, AllOfTheStandardSetIsThere) {
  const ProcessMetrics metrics;
  for (const char* name : {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_virtual_memory_bytes",
                           "process_open_fds", "process_max_fds", "process_start_time_seconds"})
    EXPECT_TRUE(find(metrics, name)) << name;
}

}  // namespace
}  // namespace egresswatch::publish
