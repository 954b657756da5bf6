// SPDX-License-Identifier: Apache-2.0
#include "publish/log_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "report_fixture.h"

namespace egresswatch::publish {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kSecond = 1'000'000'000;

class LogSinkTest : public testing::Test {
 protected:
  void failures(int count) {
    for (int i = 0; i < count; ++i) sink_.connection(sample_failure(Stage::connect, Cause::refused));
  }
  void successes(int count) {
    for (int i = 0; i < count; ++i) sink_.connection(sample_connection());
  }

  std::uint64_t now_ = 1000 * kSecond;
  std::vector<std::pair<log::Level, std::string>> lines_;
  std::vector<std::string> fields_;  // of the last line, NAME=value
  LogSink sink_{[this](log::Level level, std::string_view line, std::span<const LogSink::Field> fields) {
                  lines_.emplace_back(level, line);
                  fields_.clear();
                  for (const auto& field : fields)
                    fields_.push_back(std::string(field.name) + "=" + std::string(field.value));
                },
                [this] { return now_; },
                {.lines_per_second = 2, .burst = 10, .summary_interval_ns = 60 * kSecond}};
};

TEST_F(LogSinkTest, AFailureIsAWarning) {
  failures(1);
  ASSERT_EQ(lines_.size(), 1);
  EXPECT_EQ(lines_[0].first, log::Level::warning);
  EXPECT_EQ(lines_[0].second,
            "failed key_vault prod.vault.azure.net 20.1.2.3:443 for sync.service (node[4711]): "
            "connect/refused: refused after 3.0 s: the port is closed, or a firewall rejects");
}

TEST_F(LogSinkTest, FieldsForALogThatKeepsThem) {
  failures(1);
  EXPECT_THAT(fields_, testing::ElementsAre("EVENT=connection", "VERDICT=failed", "SERVICE=key_vault",
                                            "HOST=prod.vault.azure.net", "UNIT=sync.service", "PROCESS=node",
                                            "PID=4711", "REMOTE=20.1.2.3:443", "STAGE=connect", "CAUSE=refused"));
  DnsReport question = sample_dns();
  question.cause = DnsCause::nxdomain;
  sink_.dns(question);
  EXPECT_THAT(fields_,
              testing::IsSupersetOf({"EVENT=dns", "HOST=prod.vault.azure.net", "STAGE=dns", "CAUSE=nxdomain"}));
  sink_.flow(sample_flow());
  EXPECT_THAT(fields_, testing::IsSupersetOf({"EVENT=flow", "UNEXPECTED=no_name", "REMOTE=203.0.113.7:0"}));
}

TEST_F(LogSinkTest, WhatIsNotExpectedIsAWarning) {
  ConnectionReport report = sample_connection();
  report.unexpected = Unexpected::wrong_port;
  sink_.connection(report);
  sink_.flow(sample_flow());
  FlowReport expected = sample_flow();
  expected.unexpected = Unexpected::none;
  sink_.flow(expected);
  ASSERT_EQ(lines_.size(), 2U);
  EXPECT_EQ(lines_[0].first, log::Level::warning);
  EXPECT_EQ(
      lines_[0].second,
      "unexpected key_vault prod.vault.azure.net 20.1.2.3:443 for sync.service (node[4711]): connected in 12.4 ms; "
      "not expected: the policy allows this destination, but on other ports");
  EXPECT_EQ(lines_[1].first, log::Level::warning);
  EXPECT_EQ(lines_[1].second,
            "unexpected other 203.0.113.7:0 for scan.service (python3[4712]): icmp from a raw socket; not expected: no "
            "rule of the policy allows this address, and no name is known for it");
}

TEST_F(LogSinkTest, ASuccessIsInformation) {
  successes(1);
  ASSERT_EQ(lines_.size(), 1);
  EXPECT_EQ(lines_[0].first, log::Level::info);
}

TEST_F(LogSinkTest, ADnsFailureIsAWarning) {
  DnsReport report = sample_dns();
  report.cause = DnsCause::servfail;
  report.rcode = 2;
  sink_.dns(report);
  ASSERT_EQ(lines_.size(), 1);
  EXPECT_EQ(lines_[0].first, log::Level::warning);
  EXPECT_THAT(lines_[0].second, HasSubstr("failed key_vault prod.vault.azure.net at 127.0.0.53:53 for sync.service"));
}

TEST_F(LogSinkTest, BeyondTheBurstLinesAreLeftOut) {
  failures(50);
  EXPECT_EQ(lines_.size(), 10);
}

TEST_F(LogSinkTest, TheRateRefills) {
  failures(50);
  now_ += 3 * kSecond;
  failures(50);
  EXPECT_EQ(lines_.size(), 10 + 3 * 2);
}

TEST_F(LogSinkTest, ALongPauseRefillsOneBurstAndNoMore) {
  failures(50);
  now_ += 50 * kSecond;
  failures(50);
  EXPECT_EQ(lines_.size(), 10 + 10);
}

TEST_F(LogSinkTest, SuccessesLeaveRoomForFailures) {
  successes(50);
  EXPECT_EQ(lines_.size(), 5);
  failures(3);
  EXPECT_EQ(lines_.size(), 5 + 3);
}

TEST_F(LogSinkTest, OneLinePerIntervalSaysWhatWasLeftOut) {
  failures(30);
  successes(5);
  lines_.clear();
  now_ += 59 * kSecond;
  sink_.summarise();
  EXPECT_TRUE(lines_.empty());
  now_ += kSecond;
  sink_.summarise();
  sink_.summarise();
  ASSERT_EQ(lines_.size(), 1);
  EXPECT_EQ(lines_[0].second,
            "left out 25 lines, 20 of them about failures, beyond 2 a second; the metrics count all of them");
}

TEST_F(LogSinkTest, NamesCannotForgeALogLine) {
  ConnectionReport report = sample_connection();
  report.unit = "x\nJan 1 00:00:00 host sshd: forged";
  sink_.connection(report);
  EXPECT_EQ(lines_.at(0).second.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace egresswatch::publish
