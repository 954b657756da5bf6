// SPDX-License-Identifier: Apache-2.0
// What a file may hold that our writer would not have written.
#include "history/read.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "history_fixture.h"

namespace egresswatch::history {
namespace {

class HistoryReadTest : public HistoryTest {
 protected:
  void SetUp() override {
    const auto store = open();
    store->note(sample_connection());
    flush(*store);
  }
};

TEST_F(HistoryReadTest, NumbersAreHeldInTheirRange) {
  run_sql(
      "UPDATE observation SET port = 70000, protocol = 4711, attempts = 9223372036854775807, failed = -5, hour = -1");
  run_sql(
      "INSERT INTO observation SELECT 5, unit, service, host, protocol, port, unexpected, function, attempts, "
      "established, failed, last_stage, last_cause, last_failure_ns, first_seen_ns, last_seen_ns FROM observation");
  run_sql(
      "INSERT INTO observation SELECT 6, unit, service, host, protocol, port, unexpected, function, attempts, "
      "established, failed, last_stage, last_cause, last_failure_ns, first_seen_ns, last_seen_ns FROM observation "
      "WHERE hour = 5");
  run_sql(
      "INSERT INTO observation SELECT 9223372036854775807, unit, service, host, protocol, port, unexpected, function, "
      "attempts, established, failed, last_stage, last_cause, last_failure_ns, first_seen_ns, last_seen_ns FROM "
      "observation WHERE hour = 5");
  const Contents found = contents();
  ASSERT_EQ(found.observations.size(), 1U);
  EXPECT_EQ(found.observations[0].port, 65535);
  EXPECT_EQ(found.observations[0].protocol, Protocol{255});
  EXPECT_EQ(found.observations[0].attempts, UINT64_MAX);
  EXPECT_EQ(found.observations[0].failed, 0U);
}

TEST_F(HistoryReadTest, WordsThatOnlyALaterVersionKnowsAreNone) {
  run_sql(
      "UPDATE observation SET unexpected = 'out_of_hours', function = 'astrology', last_stage = 'limbo', "
      "last_cause = 'gremlins', last_failure_ns = 1");
  const Contents found = contents();
  ASSERT_EQ(found.observations.size(), 1U);
  EXPECT_EQ(found.observations[0].unexpected, Unexpected::none);
  EXPECT_EQ(found.observations[0].function, Function::none);
  EXPECT_EQ(found.observations[0].last_stage, Stage::none);
  EXPECT_EQ(found.observations[0].last_cause, Cause::none);
}

TEST_F(HistoryReadTest, TextIsMadeCleanAndAddressesOfOtherLengthsArePassedOver) {
  run_sql("UPDATE observation SET host = 'a' || char(10) || char(27) || '[31m'");
  run_sql("INSERT INTO address VALUES(20000, 'other', 'x', x'01020304', 1)");
  const Contents found = contents();
  ASSERT_EQ(found.observations.size(), 1U);
  EXPECT_EQ(found.observations[0].host, "a\xEF\xBF\xBD\xEF\xBF\xBD[31m");
  EXPECT_EQ(found.addresses.size(), 1U);
}

TEST_F(HistoryReadTest, ALongTextMakesTheFileUnreadableAndNothingElse) {
  run_sql("UPDATE observation SET host = printf('%.*c', 200000, 'x')");
  EXPECT_THAT(error(), ::testing::HasSubstr("the history " + path_));
}

// As a member of the group does after the daemon has ended: neither the file nor its directory can be written.
TEST_F(HistoryReadTest, AReaderNeedsNoRightToWrite) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to become somebody else";
  std::filesystem::permissions(directory_, std::filesystem::perms{0755});
  std::filesystem::permissions(path_, std::filesystem::perms{0644});
  const auto read_as_nobody = [&] {
    const pid_t child = ::fork();
    if (child == 0) {
      if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(2);
      const auto found = read(path_, 0);
      ::_exit(found && found->observations.size() == 1 ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WEXITSTATUS(status);
  };
  EXPECT_EQ(read_as_nobody(), 0) << "after the daemon";
  const auto store = open();
  store->note(sample_connection());
  flush(*store);
  EXPECT_EQ(read_as_nobody(), 0) << "beside the daemon";
  std::filesystem::permissions(path_, std::filesystem::perms{0600});
  EXPECT_EQ(read_as_nobody(), 1);
}

}  // namespace
}  // namespace egresswatch::history
