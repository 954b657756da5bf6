// SPDX-License-Identifier: Apache-2.0
#include "correlate/process_table.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdint>

#include "base/unique_fd.h"
#include "proc_tree.h"

namespace egresswatch::correlate {
namespace {

std::uint64_t ticks_to_ns(std::uint64_t ticks) {
  return ticks * (1'000'000'000 / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)));
}

class ProcessTableTest : public ::testing::Test {
 protected:
  test::ProcTree tree_;
  ProcessTable table_{tree_.proc()};
};

TEST_F(ProcessTableTest, ReadsNameUidAndStartTime) {
  tree_.add_process(42, "nginx", 4711, 33);
  const auto process = table_.read(42);
  ASSERT_TRUE(process);
  EXPECT_EQ(process->pid, 42U);
  EXPECT_EQ(process->uid, 33U);
  EXPECT_EQ(process->start_time_ns, ticks_to_ns(4711));
  EXPECT_EQ(process->cgroup_id, 0U);
  EXPECT_EQ(process->name(), "nginx");
}

TEST_F(ProcessTableTest, KeepsSpacesAndParenthesesOfTheName) {
  tree_.add_process(42, "a) S 1 (b", 4711);
  const auto process = table_.read(42);
  ASSERT_TRUE(process);
  EXPECT_EQ(process->name(), "a) S 1 (b");
  EXPECT_EQ(process->start_time_ns, ticks_to_ns(4711));
}

TEST_F(ProcessTableTest, CutsALongName) {
  tree_.add_process(42, "kworker/u8:3-events_unbound", 1);
  EXPECT_EQ(table_.read(42)->name(), "kworker/u8:3-ev");
}

TEST_F(ProcessTableTest, HasNoProcessThatEnded) { EXPECT_FALSE(table_.read(42)); }

TEST_F(ProcessTableTest, HasNoProcessWithABrokenStat) {
  tree_.add_process(42, "x", 1);
  for (const char* stat : {"", "42", "42 (x", "42 )x( S", "42 (x) S 1 2 3"}) {
    tree_.write("42/stat", stat);
    EXPECT_FALSE(table_.read(42)) << stat;
  }
}

TEST_F(ProcessTableTest, HasNoProcessWithoutAUid) {
  tree_.add_process(42, "x", 1);
  tree_.write("42/status", "Name:\tx\nGid:\t0\n");
  EXPECT_FALSE(table_.read(42));
}

TEST_F(ProcessTableTest, FindsTheOwnersOfTheWantedSockets) {
  tree_.add_process(10, "one", 1);
  tree_.add_socket(10, 3, 1000);
  tree_.add_socket(10, 4, 1001);
  tree_.add_process(20, "two", 2);
  tree_.add_socket(20, 3, 2000);
  const auto owners = table_.socket_owners(std::array<std::uint64_t, 3>{2000, 1001, 9999});
  EXPECT_EQ(owners.size(), 2U);
  EXPECT_EQ(owners.at(1001).name(), "one");
  EXPECT_EQ(owners.at(2000).name(), "two");
}

TEST_F(ProcessTableTest, TakesTheOldestOfSeveralHolders) {
  tree_.add_process(10, "child", 500);
  tree_.add_socket(10, 3, 1000);
  tree_.add_process(20, "parent", 400);
  tree_.add_socket(20, 3, 1000);
  tree_.add_process(30, "grandchild", 600);
  tree_.add_socket(30, 3, 1000);
  const auto owners = table_.socket_owners(std::array<std::uint64_t, 1>{1000});
  EXPECT_EQ(owners.at(1000).name(), "parent");
}

TEST_F(ProcessTableTest, CountsProcessesThatCannotBeRead) {
  tree_.write("10/fd", "not a directory");
  tree_.write("20/stat", "ended before its files were listed");
  EXPECT_TRUE(table_.socket_owners(std::array<std::uint64_t, 1>{1000}).empty());
  EXPECT_EQ(table_.unreadable(), 1U);
}

TEST_F(ProcessTableTest, IgnoresLinksThatAreNoSockets) {
  tree_.add_process(10, "one", 1);
  tree_.add_socket(10, 3, 1000);
  const std::filesystem::path files = tree_.proc() + "/10/fd";
  std::filesystem::create_symlink("pipe:[1001]", files / "4");
  std::filesystem::create_symlink("socket:[1001]x", files / "5");
  std::filesystem::create_symlink("socket:[-1]", files / "6");
  EXPECT_TRUE(table_.socket_owners(std::array<std::uint64_t, 1>{1001}).empty());
}

TEST(ProcessTable, FindsASocketOfThisProcess) {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  struct stat status {};
  ASSERT_EQ(::fstat(socket.get(), &status), 0);
  const auto owners = ProcessTable().socket_owners(std::array<std::uint64_t, 1>{status.st_ino});
  ASSERT_EQ(owners.count(status.st_ino), 1U);
  EXPECT_EQ(owners.at(status.st_ino).pid, static_cast<std::uint32_t>(::getpid()));
  EXPECT_EQ(owners.at(status.st_ino).uid, ::getuid());
}

TEST(SameStart, ComparesToTheClockTick) {
  EXPECT_TRUE(same_start(ticks_to_ns(5), ticks_to_ns(6) - 1));
  EXPECT_FALSE(same_start(ticks_to_ns(5), ticks_to_ns(6)));
}

}  // namespace
}  // namespace egresswatch::correlate
