// SPDX-License-Identifier: Apache-2.0
#include "app/file_watch.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace egresswatch::app {
namespace {

namespace fs = std::filesystem;

class FileWatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "egresswatch-watch-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { fs::remove_all(directory_); }

  [[nodiscard]] fs::path path(std::string_view name) const { return directory_ / name; }
  void write(std::string_view name, std::string_view text) const { std::ofstream(path(name)) << text; }
  // As docs/service-tags.md asks for.
  void replace(std::string_view name, std::string_view text) const {
    write("new", text);
    fs::rename(path("new"), path(name));
  }
  void watch(std::string_view name) {
    const auto watching = watch_.watch({path(name).string()});
    ASSERT_TRUE(watching) << watching.error().message;
  }

  // Runs until there was a change, and then as long as another one would need; gives how many there were.
  int changes() {
    const int before = changes_;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (changes_ == before && std::chrono::steady_clock::now() < deadline) io_.run_one_until(deadline);
    return changes_ - before + quiet_changes();
  }
  // For changes that must not come: waits twice as long as one would need.
  int quiet_changes() {
    const int before = changes_;
    io_.run_for(2 * FileWatch::kSettle);
    return changes_ - before;
  }

  boost::asio::io_context io_{1};
  int changes_ = 0;
  FileWatch watch_{io_, [this] { ++changes_; }};

 private:
  fs::path directory_;
};

TEST_F(FileWatchTest, AFileThatIsReplacedByRenameIsSeen) {
  write("tags.json", "one");
  watch("tags.json");
  EXPECT_EQ(quiet_changes(), 0);
  replace("tags.json", "two");
  EXPECT_EQ(changes(), 1);
  replace("tags.json", "two");
  EXPECT_EQ(changes(), 1);
}

TEST_F(FileWatchTest, AFileThatIsWrittenInPlaceIsSeen) {
  write("tags.json", "one");
  watch("tags.json");
  write("tags.json", "another");
  EXPECT_EQ(changes(), 1);
}

TEST_F(FileWatchTest, ABurstIsOneChange) {
  write("a.json", "one");
  write("b.json", "one");
  ASSERT_TRUE(watch_.watch({path("a.json").string(), path("b.json").string()}));
  for (int i = 0; i < 50; ++i) {
    replace("a.json", std::to_string(i));
    replace("b.json", std::to_string(i));
  }
  EXPECT_EQ(changes(), 1);
}

TEST_F(FileWatchTest, OtherFilesOfTheDirectoryAreNoChange) {
  write("tags.json", "one");
  watch("tags.json");
  write("other.json", "x");
  replace("third.json", "x");
  fs::remove(path("other.json"));
  EXPECT_EQ(quiet_changes(), 0);
}

TEST_F(FileWatchTest, AFileThatGoesAndComesIsSeen) {
  write("tags.json", "one");
  watch("tags.json");
  fs::remove(path("tags.json"));
  EXPECT_EQ(changes(), 1);
  write("tags.json", "two");
  EXPECT_EQ(changes(), 1);
}

TEST_F(FileWatchTest, TheDirectoryNeedNotExist) {
  watch("a/b/c/tags.json");
  EXPECT_EQ(quiet_changes(), 0);
  fs::create_directories(path("a/b"));
  EXPECT_EQ(quiet_changes(), 0);
  fs::create_directories(path("a/b/c"));
  write("a/b/c/tags.json", "one");
  EXPECT_EQ(changes(), 1);
  replace("a/b/c/tags.json", "two");
  EXPECT_EQ(changes(), 1);
}

TEST_F(FileWatchTest, TheDirectoryMayBeReplaced) {
  fs::create_directories(path("data"));
  write("data/tags.json", "one");
  watch("data/tags.json");
  fs::remove_all(path("data"));
  EXPECT_EQ(changes(), 1);
  fs::create_directories(path("next"));
  write("next/tags.json", "two");
  fs::rename(path("next"), path("data"));
  EXPECT_EQ(changes(), 1);
  replace("data/tags.json", "three");
  EXPECT_EQ(changes(), 1);
}

TEST_F(FileWatchTest, ALinkThatPointsElsewhereIsSeen) {
  // as Kubernetes mounts configuration: tags.json -> ..data/tags.json, and ..data is replaced
  fs::create_directories(path("v1"));
  fs::create_directories(path("v2"));
  write("v1/tags.json", "one");
  write("v2/tags.json", "two");
  fs::create_symlink("v1", path("..data"));
  fs::create_symlink("..data/tags.json", path("tags.json"));
  watch("tags.json");
  fs::create_symlink("v2", path("..next"));
  fs::rename(path("..next"), path("..data"));
  EXPECT_EQ(changes(), 1);
}

TEST_F(FileWatchTest, OtherPathsReplaceThoseBefore) {
  write("a.json", "one");
  fs::create_directories(path("sub"));
  write("sub/b.json", "one");
  watch("a.json");
  watch("sub/b.json");
  replace("a.json", "two");
  EXPECT_EQ(quiet_changes(), 0);
  replace("sub/b.json", "two");
  EXPECT_EQ(changes(), 1);
  ASSERT_TRUE(watch_.watch({}));
  replace("sub/b.json", "three");
  EXPECT_EQ(quiet_changes(), 0);
}

TEST_F(FileWatchTest, WhatHappensBetweenTwoCallsIsNotLost) {
  write("tags.json", "one");
  watch("tags.json");
  replace("tags.json", "two");
  // the reload for another reason, which does not say what it read
  watch("tags.json");
  EXPECT_EQ(changes(), 1);
}

TEST_F(FileWatchTest, WithoutFilesNothingIsOpened) {
  ASSERT_TRUE(watch_.watch({}));
  EXPECT_EQ(io_.run(), 0U);
}

TEST_F(FileWatchTest, ADirectoryThatIsAFileIsWaitedFor) {
  write("data", "a file");
  watch("data/tags.json");
  fs::remove(path("data"));
  fs::create_directories(path("data"));
  write("data/tags.json", "one");
  EXPECT_EQ(changes(), 1);
}

}  // namespace
}  // namespace egresswatch::app
