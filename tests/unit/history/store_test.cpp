// SPDX-License-Identifier: Apache-2.0
#include "history/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "history_fixture.h"

namespace egresswatch::history {
namespace {

using ::testing::Each;
using ::testing::SizeIs;

TEST_F(HistoryTest, ARestartKeepsEveryFieldAndGoesOnCounting) {
  {
    const auto store = open();
    store->note(sample_connection());
    ConnectionReport failure = sample_failure(Stage::tls, Cause::reset_after_hello);
    failure.wall_time_ns += kSecondNs;
    store->note(failure);
    EXPECT_TRUE(store->dirty());
    EXPECT_EQ(store->rows(), 2U);
    flush(*store);
    EXPECT_FALSE(store->dirty());
    EXPECT_EQ(store->rows(), 0U);
    EXPECT_TRUE(store->writing());
  }
  const auto store = open();
  EXPECT_EQ(store->take_notice(), "");
  ConnectionReport later = sample_connection();
  later.wall_time_ns += 2 * kHourNs;
  later.remote.address = IpAddress::v4(20, 1, 2, 4);
  store->note(later);
  flush(*store);
  EXPECT_THAT(store->losses(), Each(0U));

  const Contents found = contents();
  EXPECT_EQ(found.begin_ns, kNow / kHourNs * kHourNs);
  ASSERT_EQ(found.observations.size(), 1U);
  const Observation& sum = found.observations[0];
  EXPECT_EQ(sum.service, "key_vault");
  EXPECT_EQ(sum.function, Function::vault_operations);
  EXPECT_EQ(sum.host, kVault);
  EXPECT_EQ(sum.protocol, Protocol::tcp);
  EXPECT_EQ(sum.port, 443);
  EXPECT_EQ(sum.unit, "sync.service");
  EXPECT_EQ(sum.unexpected, Unexpected::none);
  EXPECT_EQ(sum.attempts, 2U);
  EXPECT_EQ(sum.established, 2U);
  EXPECT_EQ(sum.failed, 1U);
  EXPECT_EQ(sum.last_stage, Stage::tls);
  EXPECT_EQ(sum.last_cause, Cause::reset_after_hello);
  EXPECT_EQ(sum.first_seen_ns, kNow);
  EXPECT_EQ(sum.last_seen_ns, kNow + 2 * kHourNs);
  ASSERT_EQ(found.addresses.size(), 2U);
  EXPECT_EQ(found.addresses[0].service, "key_vault");
  EXPECT_EQ(found.addresses[0].host, kVault);
  EXPECT_EQ(found.addresses[0].address, IpAddress::v4(20, 1, 2, 4));
  EXPECT_EQ(found.addresses[0].last_seen_ns, kNow + 2 * kHourNs);
  EXPECT_EQ(found.addresses[1].address, IpAddress::v4(20, 1, 2, 3));
  EXPECT_EQ(found.addresses[1].last_seen_ns, kNow + kSecondNs);
}

TEST_F(HistoryTest, WithinOneHourTheFileAddsUpWhatSeveralFlushesBring) {
  const auto store = open();
  for (std::uint64_t i = 0; i < 3; ++i) {
    ConnectionReport failure = sample_failure(Stage::connect, i == 1 ? Cause::refused : Cause::no_reply);
    // the second flush brings the newest failure
    failure.wall_time_ns += i == 1 ? 10 * kSecondNs : i * kSecondNs;
    store->note(failure);
    flush(*store);
  }
  const Contents found = contents();
  ASSERT_EQ(found.observations.size(), 1U);
  EXPECT_EQ(found.observations[0].attempts, 3U);
  EXPECT_EQ(found.observations[0].failed, 3U);
  EXPECT_EQ(found.observations[0].last_cause, Cause::refused);
  EXPECT_EQ(found.observations[0].first_seen_ns, kNow);
  EXPECT_EQ(found.observations[0].last_seen_ns, kNow + 10 * kSecondNs);
}

TEST_F(HistoryTest, ADestinationIsToldApartByPortProtocolUnitAndReason) {
  const auto store = open();
  ConnectionReport report = sample_connection();
  store->note(report);
  report.remote.port = 8443;
  store->note(report);
  report.unit = "other.service";
  store->note(report);
  report.unexpected = Unexpected::wrong_port;
  store->note(report);
  FlowReport flow = sample_flow();
  store->note(flow);
  flow.protocol = Protocol::sctp;
  store->note(flow);
  flush(*store);
  const Contents found = contents();
  ASSERT_EQ(found.observations.size(), 6U);
  EXPECT_EQ(found.observations[0].port, 443);
  EXPECT_EQ(found.observations[1].unit, "other.service");
  EXPECT_EQ(found.observations[1].unexpected, Unexpected::none);
  EXPECT_EQ(found.observations[2].unexpected, Unexpected::wrong_port);
  EXPECT_EQ(found.observations[3].unit, "sync.service");
  EXPECT_EQ(found.observations[4].protocol, Protocol::udp);
  EXPECT_EQ(found.observations[4].unexpected, Unexpected::not_in_policy);
  EXPECT_EQ(found.observations[5].protocol, Protocol::sctp);
}

TEST_F(HistoryTest, SinceTakesWholeHours) {
  const auto store = open();
  const std::uint64_t hour_ns = kNow / kHourNs * kHourNs;
  ConnectionReport report = sample_connection();
  report.wall_time_ns = hour_ns - 1;
  store->note(report);
  report.wall_time_ns = hour_ns;
  store->note(report);
  flush(*store);
  EXPECT_EQ(contents().observations.at(0).attempts, 2U);
  EXPECT_EQ(contents(hour_ns + kHourNs / 2).observations.at(0).attempts, 1U);
  EXPECT_EQ(contents(hour_ns + kHourNs / 2).begin_ns, hour_ns);
  EXPECT_THAT(contents(hour_ns + kHourNs).observations, SizeIs(0));
  EXPECT_EQ(contents(hour_ns + kHourNs).begin_ns, 0U);
}

TEST_F(HistoryTest, OfOneHostTheNewestAddressesStayInTheFileToo) {
  const auto store = open();
  ConnectionReport report = sample_connection();
  for (std::uint8_t i = 0; i < 100; ++i) {
    report.wall_time_ns = kNow + i;
    report.remote.address = IpAddress::v4(20, 0, 0, i);
    store->note(report);
    if (i % 10 == 9) flush(*store);
  }
  const Contents found = contents();
  ASSERT_EQ(found.addresses.size(), 64U);
  EXPECT_EQ(found.addresses.front().address, IpAddress::v4(20, 0, 0, 99));
  EXPECT_EQ(found.addresses.back().address, IpAddress::v4(20, 0, 0, 36));
}

TEST_F(HistoryTest, AFlushWritesInShortPieces) {
  const auto store = open();
  ConnectionReport report = sample_connection();
  for (int i = 0; i < 450; ++i) {
    const std::string host = "v" + std::to_string(i) + ".vault.azure.net";
    report.host = host;
    store->note(report);
  }
  EXPECT_EQ(store->rows(), 900U);
  EXPECT_TRUE(store->flush(kNow));
  EXPECT_EQ(store->rows(), 400U);
  store->note(sample_connection());
  EXPECT_EQ(store->rows(), 402U);
  EXPECT_TRUE(store->flush(kNow));
  EXPECT_EQ(store->rows(), 2U);
  EXPECT_FALSE(store->flush(kNow));
  EXPECT_THAT(contents().observations, SizeIs(451));
}

TEST_F(HistoryTest, TheGroupMayReadTheFileAndNobodyElse) {
  const mode_t before = ::umask(0077);
  const auto store = open();
  store->note(sample_connection());
  flush(*store);
  ::umask(before);
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat status {};
    ASSERT_EQ(::stat((path_ + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777, 0640U) << suffix;
  }
}

// As if killed: nothing is closed, and the log stays behind.
TEST_F(HistoryTest, ACrashKeepsWhatWasFlushed) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto store = open();
    store->note(sample_connection());
    flush(*store);
    store->note(sample_failure());
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(std::filesystem::exists(path_ + "-wal"));
  EXPECT_EQ(contents().observations.at(0).attempts, 1U);
  const auto store = open();
  EXPECT_EQ(store->take_notice(), "");
  store->note(sample_connection());
  flush(*store);
  EXPECT_EQ(contents().observations.at(0).attempts, 2U);
}

// Whoever reads holds nobody up, and sees whole flushes only.
TEST_F(HistoryTest, AnotherProcessReadsWhileThisOneWrites) {
  const auto store = open();
  store->note(sample_connection());
  flush(*store);
  const pid_t reader = ::fork();
  ASSERT_GE(reader, 0);
  if (reader == 0) {
    std::uint64_t last = 0;
    for (int i = 0; i < 100; ++i) {
      const auto found = read(path_, 0);
      if (!found || found->observations.size() != 1) ::_exit(1);
      const std::uint64_t attempts = found->observations[0].attempts;
      if (attempts < last) ::_exit(2);
      last = attempts;
    }
    ::_exit(0);
  }
  int status = 0;
  std::uint64_t written = 1;
  while (::waitpid(reader, &status, WNOHANG) == 0) {
    store->note(sample_connection());
    ++written;
    flush(*store);
  }
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_THAT(store->losses(), Each(0U));
  EXPECT_EQ(contents().observations.at(0).attempts, written);
}

}  // namespace
}  // namespace egresswatch::history
