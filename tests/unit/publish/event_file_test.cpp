// SPDX-License-Identifier: Apache-2.0
#include "publish/event_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "control_fixture.h"

namespace egresswatch::publish {
namespace {

using ::testing::HasSubstr;

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class EventFileTest : public ::testing::Test {
 protected:
  std::uint64_t lost(EventFile::Loss reason) const { return file_.losses()[static_cast<std::size_t>(reason)]; }

  OpenDirectory directory_;
  std::string path_ = directory_ / "events.json";
  EventFile file_{path_};
};

TEST_F(EventFileTest, LinesAreAppendedWhenFlushed) {
  std::ofstream(path_) << "before\n";
  ASSERT_TRUE(file_.reopen());
  file_.write_line("a");
  file_.write_line("b");
  EXPECT_EQ(contents(path_), "before\n");
  file_.flush();
  EXPECT_EQ(contents(path_), "before\na\nb\n");
}

TEST_F(EventFileTest, ANewFileIsForTheGroupToRead) {
  const mode_t before = ::umask(0077);
  ASSERT_TRUE(file_.reopen());
  ::umask(before);
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0640U);
}

TEST_F(EventFileTest, AFullBufferIsWritten) {
  ASSERT_TRUE(file_.reopen());
  const std::string line(EventFile::kFullBuffer, 'x');
  file_.write_line(line);
  EXPECT_EQ(contents(path_).size(), line.size() + 1);
}

TEST_F(EventFileTest, ARenamedFileIsLeftWithTheNextOpening) {
  ASSERT_TRUE(file_.reopen());
  file_.write_line("old");
  const std::string rotated = path_ + ".1";
  std::filesystem::rename(path_, rotated);
  file_.write_line("still old");
  ASSERT_TRUE(file_.reopen());
  file_.write_line("new");
  file_.flush();
  EXPECT_EQ(contents(rotated), "old\nstill old\n");
  EXPECT_EQ(contents(path_), "new\n");
}

TEST_F(EventFileTest, WithoutAFileLinesAreKeptAndThenLostAndCounted) {
  EventFile file(directory_ / "missing/events.json");
  const auto opened = file.reopen();
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("missing/events.json: No such file or directory"));
  const std::string line(1023, 'x');
  for (int i = 0; i < 1030; ++i) file.write_line(line);
  EXPECT_EQ(file.losses()[static_cast<std::size_t>(EventFile::Loss::not_writable)], 6U);
  std::filesystem::create_directory(directory_ / "missing");
  ASSERT_TRUE(file.reopen());
  EXPECT_EQ(contents(directory_ / "missing/events.json").size(), EventFile::kMaxPending);
}

TEST_F(EventFileTest, WhatAFullDiskDidNotTakeIsTriedAgain) {
  ASSERT_TRUE(file_.reopen());
  // a file that may not grow gives EFBIG, as a full disk gives ENOSPC
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit little{10, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &little);
  const std::string line(1023, 'y');
  for (int i = 0; i < 1100; ++i) file_.write_line(line);
  file_.flush();
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);

  EXPECT_GT(lost(EventFile::Loss::disk_full), 0U);
  file_.flush();
  const std::string written = contents(path_);
  EXPECT_EQ(written.size() % 1024, 0U) << "whole lines";
  EXPECT_EQ(written.size() / 1024 + lost(EventFile::Loss::disk_full), 1100U);
}

TEST_F(EventFileTest, WhatIsNoFileIsRefused) {
  EventFile device("/dev/full");
  EXPECT_THAT(device.reopen().error().message, HasSubstr("not a regular file"));
}

}  // namespace
}  // namespace egresswatch::publish
