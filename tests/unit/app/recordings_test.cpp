// SPDX-License-Identifier: Apache-2.0
// Every recording in tests/recordings, and what the pipeline makes of it, to the last count. Beside NAME.egwrec lies
// NAME.metrics. To accept a change of meaning, write it anew, read the difference, and say in the commit why:
//
//   egresswatch replay --metrics NAME.egwrec | grep '^egresswatch_' | grep -v '^egresswatch_build_info' > NAME.metrics
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "app/commands.h"
#include "unit/app/recording_files.h"
#include "unit/app/temporary_file.h"

namespace egresswatch::app {
namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The samples that come from the recording and not from this build or process.
std::string samples(const std::string& exposition) {
  std::istringstream in(exposition);
  std::string kept;
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("egresswatch_") && !line.starts_with("egresswatch_build_info")) kept += line + "\n";
  return kept;
}

class RecordingTest : public ::testing::TestWithParam<fs::path> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RecordingTest);

TEST_P(RecordingTest, HasTheMetricsThatItHad) {
  const test::TemporaryFile defaults("");
  ReplayOptions options;
  options.file = GetParam().string();
  options.config_file = defaults.path();
  options.metrics = true;
  ::testing::internal::CaptureStdout();
  const auto failure = replay(options);
  const std::string output = ::testing::internal::GetCapturedStdout();
  EXPECT_FALSE(failure) << failure->error.message;
  EXPECT_EQ(samples(output), contents(fs::path(GetParam()).replace_extension(".metrics")));
}

INSTANTIATE_TEST_SUITE_P(All, RecordingTest, ::testing::ValuesIn(test::recordings_in(RECORDINGS)),
                         test::name_of_recording);

}  // namespace
}  // namespace egresswatch::app
