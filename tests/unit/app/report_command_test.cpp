// SPDX-License-Identifier: Apache-2.0
// `egresswatch report` without a daemon: where it looks, what it says on which stream, and how it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

#include "app/commands.h"
#include "base/clock.h"
#include "history/store.h"

namespace egresswatch::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ReportCommandTest : public ::testing::Test {
 protected:
  ReportCommandTest() {
    std::string name = (std::filesystem::temp_directory_path() / "egresswatch.XXXXXX").string();
    if (!::mkdtemp(name.data())) ADD_FAILURE() << "no temporary directory";
    directory_ = name;
    history_ = directory_ / "history.db";
    configure("history: {path: " + history_ + "}\ncontrol: {socket: " + (directory_ / "no.sock").string() + "}\n");
  }
  ~ReportCommandTest() override { std::filesystem::remove_all(directory_); }

  void configure(const std::string& text) {
    options_.config_file = directory_ / "egresswatch.yaml";
    std::ofstream(options_.config_file) << text;
  }
  // One use of a vault, an hour and a half ago.
  void write_history(const std::string& path) const {
    const auto store = history::Store::open(path, {}, wall_ns());
    ConnectionReport report;
    report.wall_time_ns = wall_ns() - 90 * 60 * 1'000'000'000ULL;
    report.service = "key_vault";
    report.host = "a.vault.azure.net";
    report.unit = "a.service";
    report.remote = {IpAddress::v4(20, 1, 2, 3), 443};
    report.connect_latency_ns = 1;
    store->note(report);
    store->flush(wall_ns());
  }
  std::optional<Failure> run() {
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    auto failure = report(options_);
    out_ = ::testing::internal::GetCapturedStdout();
    err_ = ::testing::internal::GetCapturedStderr();
    return failure;
  }
  // How it must end, and what must be in its sentence.
  void expect_failure(ExitCode code, const std::string& words) {
    const auto failure = run();
    ASSERT_TRUE(failure) << words;
    EXPECT_EQ(failure->code, code) << failure->error.message;
    EXPECT_THAT(failure->error.message, HasSubstr(words));
    EXPECT_EQ(out_, "");
    EXPECT_EQ(err_, "");
  }

  std::filesystem::path directory_;
  std::string history_;
  ReportOptions options_;
  std::string out_;
  std::string err_;
};

TEST_F(ReportCommandTest, WithoutADaemonItReportsAndSaysWhereItEnds) {
  write_history(history_);
  EXPECT_FALSE(run());
  EXPECT_THAT(out_, AllOf(StartsWith("# Egress of `"), HasSubstr("`a.vault.azure.net`")));
  EXPECT_THAT(err_, StartsWith("egresswatch: cannot ask the daemon at "));
  EXPECT_THAT(err_, HasSubstr("; what follows ends where the history was last written\n"));
}

TEST_F(ReportCommandTest, AnotherFileNeedsNeitherConfigurationNorDaemon) {
  const std::string copy = directory_ / "copy of 100%?.db";
  write_history(copy);
  options_.format = "csv";
  options_.config_file = directory_ / "missing.yaml";
  options_.history_file = copy;
  EXPECT_FALSE(run());
  EXPECT_THAT(out_, HasSubstr("\r\nvault_operations,key_vault,a.vault.azure.net,tcp,443,a.service,1,1,0,"));
  EXPECT_EQ(err_, "");
}

TEST_F(ReportCommandTest, SinceLeavesOutWhatIsOlder) {
  write_history(history_);
  options_.format = "json";
  options_.since = "2h";
  EXPECT_FALSE(run());
  EXPECT_THAT(out_, HasSubstr("a.vault.azure.net"));
  options_.since = "1m";
  EXPECT_FALSE(run());
  EXPECT_THAT(out_, Not(HasSubstr("a.vault.azure.net")));
  options_.format = "md";
  EXPECT_FALSE(run());
  EXPECT_THAT(out_, HasSubstr("Nothing was seen since 20"));
}

TEST_F(ReportCommandTest, SinceThatIsNoTimeIsUsage) {
  write_history(history_);
  for (const char* since : {"x", "24", "h", "0h", "-1h", "1w", "1.5h", "3651d", "99999999999999999999h"}) {
    options_.since = since;
    expect_failure(ExitCode::usage, "--since: expected a number with s, m, h or d, such as 24h, found");
  }
  options_.since = "3650d";
  EXPECT_FALSE(run());
}

TEST_F(ReportCommandTest, NeitherDaemonNorHistoryIsUnreachable) {
  expect_failure(ExitCode::daemon_unreachable,
                 history_ + " cannot be read: No such file or directory; cannot ask the daemon");
}

TEST_F(ReportCommandTest, WhatCannotBeReadIsUsage) {
  std::ofstream(history_) << std::string(4096, 'x');
  expect_failure(ExitCode::usage, history_ + " is damaged");
  options_.history_file = directory_ / "missing.db";
  expect_failure(ExitCode::usage, "missing.db cannot be read: No such file or directory");
  options_.history_file.clear();
  configure("history: {path: \"\"}\n");
  expect_failure(ExitCode::usage, "history.path is empty");
  configure("history: {pat: 1}\n");
  expect_failure(ExitCode::usage, "history.pat: unknown key");
}

}  // namespace
}  // namespace egresswatch::app
