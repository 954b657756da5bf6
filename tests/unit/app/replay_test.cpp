// SPDX-License-Identifier: Apache-2.0
// `egresswatch replay`: a recording through the whole program, without a kernel and without root.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "app/commands.h"
#include "capture/recording.h"
#include "harness/dns_wire.h"
#include "unit/app/records.h"
#include "unit/app/temporary_file.h"

namespace egresswatch::app {
namespace {

using egresswatch::testing::DnsWireBuilder;
using test::kMs;
using test::kSecond;
using test::Socket;
using test::TemporaryFile;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

struct Outcome {
  std::optional<Failure> failure;
  std::string output;
};

Outcome run_replay(const std::string& file, bool metrics, LineFormat lines = LineFormat::compact) {
  ReplayOptions options;
  options.lines = lines;
  options.file = file;
  options.metrics = metrics;
  ::testing::internal::CaptureStdout();
  Outcome outcome{replay(options), {}};
  outcome.output = ::testing::internal::GetCapturedStdout();
  return outcome;
}

// Makes a file as `egresswatch record` does.
class Recording {
 public:
  explicit Recording(const std::string& path) : recorder_(std::move(capture::Recorder::create(path)).value()) {}

  void add(std::span<const std::byte> bytes) { recorder_->on_record(bytes); }
  template <typename Record>
  void add(const Record& record) requires requires {
    record.header.size;
  }
  { add(std::as_bytes(std::span(&record, 1))); }
  void finish(const egw_totals& totals = {}) { ASSERT_TRUE(recorder_->finish(totals)); }

 private:
  std::unique_ptr<capture::Recorder> recorder_;
};

class ReplayTest : public ::testing::Test {
 protected:
  // One vault that answers, one that refuses, one question that nobody answers.
  void record_small_story(const egw_totals& totals = {}) {
    const std::string_view vault = "fabrikam.vault.azure.net";
    std::uint64_t now = 100 * kSecond;
    Recording recording(file_.path());
    recording.add(test::dns_record(now, DnsWireBuilder::query(vault).bytes(), {}));
    recording.add(test::dns_record(now + kMs, DnsWireBuilder::answer(vault).address(vault, "203.0.113.1").bytes(),
                                   {.egress = false}));
    recording.add(test::dns_record(now, DnsWireBuilder::query("graph.microsoft.com").bytes(), {.socket = 901}));
    const Socket good{.id = 1};
    recording.add(test::attempt(good, now += kMs));
    recording.add(test::established(good, now += 2 * kMs, 2 * kMs));
    recording.add(test::closed(good, now + kMs, now - 2 * kMs, now));
    const Socket refused{.id = 2};
    recording.add(test::attempt(refused, now += kMs));
    auto end = test::gave_up(refused, now + kMs, now, ECONNREFUSED);
    end.flags = EGW_CLOSED_RST_RECEIVED;
    recording.add(end);
    recording.finish(totals);
  }
  void append(std::string_view bytes) { std::ofstream(file_.path(), std::ios::binary | std::ios::app) << bytes; }
  std::string content() {
    std::ifstream in(file_.path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void replace_by(std::string_view bytes) { std::ofstream(file_.path(), std::ios::binary | std::ios::trunc) << bytes; }

  TemporaryFile file_{""};
};

TEST_F(ReplayTest, Metrics) {
  record_small_story();
  const auto [failure, output] = run_replay(file_.path(), true);
  EXPECT_FALSE(failure) << failure->error.message;
  const std::string vault = R"({service="key_vault",host="fabrikam.vault.azure.net",unit="sdk")";
  EXPECT_THAT(output, HasSubstr("egresswatch_connection_attempts_total" + vault + "} 2\n"));
  EXPECT_THAT(output, HasSubstr("egresswatch_connections_established_total" + vault + "} 1\n"));
  EXPECT_THAT(output, HasSubstr("egresswatch_connection_failures_total" + vault +
                                R"(,stage="connect",cause="refused"} 1)"
                                "\n"));
  EXPECT_THAT(output, HasSubstr(R"(egresswatch_dns_failures_total{service="graph",host="graph.microsoft.com",)"
                                R"(cause="no_answer"} 1)"
                                "\n"));
  EXPECT_THAT(output, HasSubstr("egresswatch_data_complete 1\n"));
}

TEST_F(ReplayTest, LinesForPeople) {
  record_small_story();
  const auto [failure, output] = run_replay(file_.path(), false);
  EXPECT_FALSE(failure);
  EXPECT_THAT(output, HasSubstr("fabrikam.vault.azure.net"));
  EXPECT_THAT(output, HasSubstr("refused"));
  EXPECT_THAT(output, Not(HasSubstr("egresswatch_")));
}

// Of machines also what a line for people leaves out: the end of a connection that went well.
TEST_F(ReplayTest, LinesForMachines) {
  record_small_story();
  const auto [failure, output] = run_replay(file_.path(), false, LineFormat::json);
  EXPECT_FALSE(failure);
  std::vector<std::string> kinds;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_TRUE(line.starts_with(R"({"type":")") && line.ends_with('}')) << line;
    const std::size_t verdict = line.find(R"("verdict":")") + 11;
    kinds.push_back(line.substr(9, line.find('"', 9) - 9) + " " +
                    line.substr(verdict, line.find('"', verdict) - verdict));
  }
  EXPECT_THAT(kinds, ElementsAre("dns ok", "connection ok", "connection closed", "connection failed", "dns failed"));
}

// A pipe holds some 64 KiB; the reader comes when all of it has been written or waits to be.
TEST_F(ReplayTest, NoLineIsLeftOutForAReaderThatIsSlow) {
  constexpr int kConnections = 2000;
  {
    Recording recording(file_.path());
    for (std::uint64_t id = 1; id <= kConnections; ++id)
      recording.add(test::gave_up({.id = id}, 2 * kMs, kMs, ETIMEDOUT));
    recording.finish();
  }
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const int before = ::dup(STDOUT_FILENO);
  ::dup2(ends[1], STDOUT_FILENO);
  ::close(ends[1]);
  std::string output;
  std::thread reader([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    char buffer[4096];
    for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;)
      output.append(buffer, static_cast<std::size_t>(got));
  });
  const auto failure = replay({.file = file_.path(), .config_file = {}, .metrics = false});
  std::fflush(stdout);
  ::dup2(before, STDOUT_FILENO);
  ::close(before);
  reader.join();
  ::close(ends[0]);
  EXPECT_FALSE(failure);
  EXPECT_EQ(std::count(output.begin(), output.end(), '\n'), kConnections);
}

TEST_F(ReplayTest, SaysThatTheRecordingLacksWhatTheKernelLost) {
  egw_totals totals{};
  totals.lost[EGW_LOST_RING_FULL] = 3;
  record_small_story(totals);
  const auto [failure, output] = run_replay(file_.path(), true);
  EXPECT_FALSE(failure);
  EXPECT_THAT(output, HasSubstr(R"(egresswatch_events_lost_total{reason="ring_full"} 3)"
                                "\n"));
  EXPECT_THAT(output, HasSubstr("egresswatch_data_complete 0\n"));
}

TEST_F(ReplayTest, RecordingThatEndsTooEarlyIsReadUpToThere) {
  record_small_story();
  const std::string whole = content();
  replace_by(std::string_view(whole).substr(0, whole.size() - 50));
  const auto [failure, output] = run_replay(file_.path(), true);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->code, ExitCode::findings);
  EXPECT_THAT(failure->error.message, HasSubstr("ends in the middle of a record"));
  EXPECT_THAT(output, HasSubstr(R"(cause="refused"} 1)"
                                "\n"));
}

TEST_F(ReplayTest, RecordOfImpossibleSizeEndsTheReplay) {
  record_small_story();
  append(std::string(64, '\xff'));
  const auto [failure, output] = run_replay(file_.path(), true);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->code, ExitCode::findings);
}

TEST_F(ReplayTest, AnotherFileIsNoRecording) {
  for (const std::string_view bytes : {"", "EGWREC",
                                       "#!/bin/sh\n# long enough to hold the header of a recording, which "
                                       "has some ninety bytes\n"}) {
    replace_by(bytes);
    const auto [failure, output] = run_replay(file_.path(), false);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->code, ExitCode::usage);
    EXPECT_THAT(failure->error.message, HasSubstr("not a recording"));
    EXPECT_EQ(output, "");
  }
}

TEST_F(ReplayTest, RecordingOfAnotherFormatIsRefusedWithBothNumbers) {
  record_small_story();
  std::string other = content();
  other[8] = 99;
  replace_by(other);
  const auto [failure, output] = run_replay(file_.path(), false);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->code, ExitCode::usage);
  EXPECT_THAT(failure->error.message, HasSubstr("format 99"));
}

TEST_F(ReplayTest, MissingFile) {
  const auto [failure, output] = run_replay("/nonexistent/file.egwrec", false);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->code, ExitCode::usage);
  EXPECT_THAT(failure->error.message, HasSubstr("/nonexistent/file.egwrec: No such file or directory"));
}

}  // namespace
}  // namespace egresswatch::app
