// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace egresswatch::test {

// The recordings of a directory, in the order of their names.
inline std::vector<std::filesystem::path> recordings_in(const std::string& directory) {
  std::vector<std::filesystem::path> found;
  std::error_code error;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end; it.increment(error))
    if (it->path().extension() == ".egwrec") found.push_back(it->path());
  std::ranges::sort(found);
  return found;
}

// What gtest takes for the name of a test.
inline std::string name_of_recording(const ::testing::TestParamInfo<std::filesystem::path>& test) {
  std::string name = test.param.stem().string();
  std::ranges::replace_if(
      name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

}  // namespace egresswatch::test
