// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

#include "config/config.h"
#include "config/yaml_tree.h"

namespace egresswatch::config {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class LoadConfig : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "egresswatch-config-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string path(const std::string& name) const { return (directory_ / name).string(); }

  std::string write(const std::string& text) const {
    std::ofstream(path("egresswatch.yaml"), std::ios::binary) << text;
    return path("egresswatch.yaml");
  }

 private:
  std::filesystem::path directory_;
};

TEST_F(LoadConfig, ReadsAFile) {
  const auto config = load_config(write("cloud: china\n"));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->classify.cloud, Cloud::china);
}

TEST_F(LoadConfig, ProblemsNameThePath) {
  const std::string file = write("cloud: chin\n");
  const auto config = load_config(file);
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message, StartsWith(file + ":1: cloud: "));
}

TEST_F(LoadConfig, TheCallerCanTellThatThereIsNoFile) {
  const auto config = load_config(path("none.yaml"));
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code, ENOENT);
  EXPECT_EQ(config.error().message, path("none.yaml") + ": cannot be opened: No such file or directory");
}

TEST_F(LoadConfig, OnlyRegularFilesAreRead) {
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  for (const std::string& file : {path("fifo"), path(""), std::string("/dev/zero")}) {
    const auto config = load_config(file);
    ASSERT_FALSE(config) << file;
    EXPECT_EQ(config.error().message, file + ": is not a regular file");
  }
}

TEST_F(LoadConfig, AHugeFileIsRefused) {
  const auto config = load_config(write(std::string(kMaxFileBytes + 1, '\n')));
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message, HasSubstr("larger than 1048576 bytes"));
}

}  // namespace
}  // namespace egresswatch::config
