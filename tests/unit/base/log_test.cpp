// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace egresswatch {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

std::vector<std::pair<log::Level, std::string>>& lines() {
  static std::vector<std::pair<log::Level, std::string>> lines;
  return lines;
}

// First, since the sink that the next test sets stays.
TEST(Log, GoesToStandardErrorUntilThereIsASink) {
  testing::internal::CaptureStderr();
  log::warning("no BTF");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "no BTF\n");
}

TEST(Log, HandsLevelAndTextToTheSink) {
  log::set_sink([](log::Level level, std::string_view message) { lines().emplace_back(level, message); });
  log::info("a");
  log::warning("b");
  log::error("c");
  EXPECT_THAT(lines(),
              ElementsAre(Pair(log::Level::info, "a"), Pair(log::Level::warning, "b"), Pair(log::Level::error, "c")));
}

}  // namespace
}  // namespace egresswatch
