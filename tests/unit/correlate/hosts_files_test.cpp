// SPDX-License-Identifier: Apache-2.0
#include "correlate/hosts_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "allocations.h"
#include "dns_messages.h"
#include "proc_tree.h"

namespace egresswatch::correlate {
namespace {

using test::ip;
using test::kSecond;
namespace fs = std::filesystem;

constexpr std::uint64_t kNow = 1000 * kSecond;
constexpr std::uint64_t kTicks = 4242;  // 10 ms each
const char* const kAddress = "10.1.2.3";
const char* const kHostMounts = "22 1 254:1 / / rw - ext4 /dev/vda1 rw\n";

class HostsFilesTest : public ::testing::Test {
 protected:
  static Process process(std::uint32_t pid, std::uint64_t start_ticks = kTicks) {
    Process result;
    result.pid = pid;
    result.start_time_ns = start_ticks * 10'000'000;
    return result;
  }
  // A process whose root may be opened.
  void add(std::uint32_t pid, std::string_view hosts) {
    tree_.add_process(pid, "sdk", kTicks);
    tree_.write_in_root(std::to_string(pid), "etc/hosts", hosts);
  }
  // One of which only what everybody may read can be read. Needs a user without rights.
  void add_of_another_user(std::uint32_t pid, std::string_view mountinfo) {
    tree_.add_process(pid, "sdk", kTicks);
    tree_.write(std::to_string(pid) + "/mountinfo", mountinfo);
    const std::string root = tree_.proc() + "/" + std::to_string(pid) + "/root";
    // searching this directory fails with EACCES, as opening /proc/<pid>/root does
    fs::create_directories(tree_.proc() + "/locked/there");
    fs::create_symlink(tree_.proc() + "/locked/there", root);
    fs::permissions(tree_.proc() + "/locked", fs::perms::none);
  }
  void add_self(std::string_view hosts) {
    tree_.write_in_root("self", "etc/hosts", hosts);
    tree_.write("self/mountinfo", kHostMounts);
  }
  void TearDown() override {
    std::error_code ignored;
    fs::permissions(tree_.proc() + "/locked", fs::perms::owner_all, ignored);
  }

  NameMatch lookup(std::uint32_t pid, std::uint64_t now_ns = kNow, const char* address = kAddress) {
    return files_.lookup(ip(address), process(pid), now_ns);
  }
  std::string name(std::uint32_t pid, std::uint64_t now_ns = kNow, const char* address = kAddress) {
    return std::string(lookup(pid, now_ns, address).name);
  }

  test::ProcTree tree_;
  HostsFiles files_{tree_.proc()};
};

TEST_F(HostsFilesTest, NamesAnAddressByTheFileOfTheProcess) {
  add(100, "10.1.2.3 V.vault.azure.net v\n10.1.2.4 other.example\n2001:db8::1 six.example\n");
  const NameMatch match = lookup(100);
  EXPECT_EQ(match.name, "v.vault.azure.net");
  EXPECT_EQ(match.source, NameSource::hosts_file);
  EXPECT_TRUE(match.ambiguous);
  EXPECT_EQ(match.age_ns, 0U);
  EXPECT_EQ(match.answer_uid, 0U);
  EXPECT_EQ(name(100, kNow, "10.1.2.4"), "other.example");
  EXPECT_FALSE(lookup(100, kNow, "10.1.2.4").ambiguous);
  EXPECT_EQ(name(100, kNow, "2001:db8::1"), "six.example");
  EXPECT_EQ(lookup(100, kNow, "10.1.2.5").source, NameSource::none);
}

TEST_F(HostsFilesTest, TheSameNameTwiceIsNotAmbiguous) {
  add(100, "10.1.2.3 v.vault.azure.net\n10.9.9.9 x\n10.1.2.3 v.vault.azure.net\n");
  EXPECT_EQ(name(100), "v.vault.azure.net");
  EXPECT_FALSE(lookup(100).ambiguous);
}

TEST_F(HostsFilesTest, EachProcessHasTheFileOfItsRoot) {
  add(100, "10.1.2.3 one.vault.azure.net\n");
  add(200, "10.1.2.3 two.vault.azure.net\n");
  tree_.add_process(300, "sdk", kTicks);
  fs::create_directories(tree_.proc() + "/300/root");
  EXPECT_EQ(name(100), "one.vault.azure.net");
  EXPECT_EQ(name(200), "two.vault.azure.net");
  EXPECT_EQ(name(300), "");
  EXPECT_EQ(files_.size(), 2U);
}

TEST_F(HostsFilesTest, ALinkIsFollowedWithinTheRoot) {
  tree_.add_process(100, "sdk", kTicks);
  tree_.write_in_root("100", "static/hosts", "10.1.2.3 v.vault.azure.net\n");
  fs::create_directories(tree_.proc() + "/100/root/etc");
  fs::create_symlink("/static/hosts", tree_.proc() + "/100/root/etc/hosts");
  EXPECT_EQ(name(100), "v.vault.azure.net");
}

TEST_F(HostsFilesTest, ALinkDoesNotLeadOutOfTheRoot) {
  tree_.write("secret", "10.1.2.3 secret.example\n");
  tree_.add_process(100, "sdk", kTicks);
  tree_.add_process(200, "sdk", kTicks);
  for (const char* pid : {"100", "200"}) fs::create_directories(tree_.proc() + "/" + pid + "/root/etc");
  fs::create_symlink("../../../secret", tree_.proc() + "/100/root/etc/hosts");
  fs::create_symlink(tree_.proc() + "/secret", tree_.proc() + "/200/root/etc/hosts");
  EXPECT_EQ(name(100), "");
  EXPECT_EQ(name(200), "");
}

TEST_F(HostsFilesTest, WhatIsNoFileIsNotWaitedFor) {
  tree_.add_process(100, "sdk", kTicks);
  fs::create_directories(tree_.proc() + "/100/root/etc");
  ASSERT_EQ(::mkfifo((tree_.proc() + "/100/root/etc/hosts").c_str(), 0600), 0);
  EXPECT_EQ(name(100), "");
  tree_.add_process(200, "sdk", kTicks);
  fs::create_directories(tree_.proc() + "/200/root/etc/hosts");
  EXPECT_EQ(name(200), "");
  EXPECT_EQ(files_.size(), 0U);
}

TEST_F(HostsFilesTest, LoopbackHasNoNameHere) {
  add(100, "127.0.0.1 localhost\n127.0.1.1 me.example\n::1 localhost\n");
  for (const char* address : {"127.0.0.1", "127.0.1.1", "::1", "0.0.0.0", "::"})
    EXPECT_EQ(name(100, kNow, address), "") << address;
  EXPECT_EQ(files_.looks(), 0U);
}

TEST_F(HostsFilesTest, OpensNothingBetweenTwoLooks) {
  add(100, "10.1.2.3 v.vault.azure.net\n");
  EXPECT_EQ(name(100), "v.vault.azure.net");
  EXPECT_EQ(files_.looks(), 2U);  // at the process and at the file
  const auto allocations = test::allocation_count();
  for (std::uint64_t i = 0; i < 100; ++i)
    EXPECT_FALSE(files_.lookup(ip(kAddress), process(100), kNow + i).name.empty());
  EXPECT_EQ(test::allocation_count(), allocations);
  EXPECT_EQ(files_.looks(), 2U);
  // then the process, but not the file, which is the same
  EXPECT_EQ(name(100, kNow + HostsFiles::kLookAgainNs), "v.vault.azure.net");
  EXPECT_EQ(files_.looks(), 3U);
}

TEST_F(HostsFilesTest, SeesAChangedFileAfterAWhile) {
  add(100, "10.1.2.3 old.vault.azure.net\n");
  EXPECT_EQ(name(100), "old.vault.azure.net");
  tree_.write_in_root("100", "etc/hosts", "10.1.2.3 newer.vault.azure.net\n");
  EXPECT_EQ(name(100, kNow + HostsFiles::kLookAgainNs - 1), "old.vault.azure.net");
  EXPECT_EQ(name(100, kNow + HostsFiles::kLookAgainNs), "newer.vault.azure.net");
}

TEST_F(HostsFilesTest, AProcessThatHasEndedKeepsItsFile) {
  add(100, "10.1.2.3 v.vault.azure.net\n");
  EXPECT_EQ(name(100), "v.vault.azure.net");
  fs::remove_all(tree_.proc() + "/100");
  EXPECT_EQ(name(100, kNow + 10 * HostsFiles::kLookAgainNs), "v.vault.azure.net");
}

TEST_F(HostsFilesTest, OfAProcessThatIsGoneNothingIsSaid) {
  add_self("10.1.2.3 v.vault.azure.net\n");
  EXPECT_EQ(name(100), "");
}

TEST_F(HostsFilesTest, AnotherProcessWithItsPidIsNotTakenForIt) {
  add(100, "10.1.2.3 v.vault.azure.net\n");
  EXPECT_EQ(files_.lookup(ip(kAddress), process(100, kTicks + 1), kNow).name, "");
  // kernels before 5.11 do not tell the time
  EXPECT_EQ(files_.lookup(ip(kAddress), process(100, 0), kNow).name, "v.vault.azure.net");
}

TEST_F(HostsFilesTest, OfAnUnknownProcessNothingIsSaid) {
  add_self("10.1.2.3 v.vault.azure.net\n");
  EXPECT_EQ(files_.lookup(ip(kAddress), Process{}, kNow).name, "");
}

TEST_F(HostsFilesTest, WithoutProcNothing) {
  HostsFiles none("");
  EXPECT_EQ(none.lookup(ip(kAddress), process(static_cast<std::uint32_t>(::getpid()), 0), kNow).name, "");
  EXPECT_EQ(none.looks(), 0U);
}

TEST_F(HostsFilesTest, TooLongAFileIsRefusedAndNotReadAgain) {
  add(100, "10.1.2.3 v.vault.azure.net\n" + std::string(kMaxHostsBytes, '#'));
  EXPECT_EQ(name(100), "");
  EXPECT_EQ(files_.counters().refused, 1U);
  EXPECT_EQ(files_.bytes(), 0U);
  EXPECT_EQ(name(100, kNow + HostsFiles::kLookAgainNs), "");
  EXPECT_EQ(files_.counters().refused, 1U);
}

TEST_F(HostsFilesTest, HoldsAtMostSoManyFiles) {
  constexpr std::uint32_t kProcesses = HostsFiles::kMaxFiles + 6;
  for (std::uint32_t pid = 1; pid <= kProcesses; ++pid) {
    add(pid, "10.1.2.3 host-" + std::to_string(pid) + ".example\n");
    EXPECT_EQ(name(pid), "host-" + std::to_string(pid) + ".example");
  }
  EXPECT_EQ(files_.size(), HostsFiles::kMaxFiles);
  EXPECT_EQ(files_.counters().evicted, 6U);
  // what was evicted is missing until its process is looked at again
  EXPECT_EQ(name(1), "");
  EXPECT_EQ(name(1, kNow + HostsFiles::kLookAgainNs), "host-1.example");
}

TEST_F(HostsFilesTest, HoldsAtMostSoManyBytes) {
  std::string text;
  for (int i = 0; i < 30'000; ++i) {
    const std::string number = std::to_string(i);
    text += "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250) + " host-number-" + number + ".example\n";
  }
  ASSERT_LE(text.size(), kMaxHostsBytes + 400'000);
  text.resize(text.rfind('\n', kMaxHostsBytes - 1) + 1);
  for (std::uint32_t pid = 1; pid <= 5; ++pid) {
    add(pid, text);
    EXPECT_EQ(name(pid, kNow, "10.0.0.0"), "host-number-0.example");
    EXPECT_LE(files_.bytes(), HostsFiles::kMaxBytes);
  }
  EXPECT_GT(files_.counters().evicted, 0U);
  EXPECT_EQ(files_.size() + files_.counters().evicted, 5U);
}

class HostsFilesOfOthersTest : public HostsFilesTest {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) return;
    // root may open everything: the rest of the test is somebody else
    fs::permissions(fs::path(tree_.proc()).parent_path(), fs::perms::all);
    for (const auto& entry : fs::recursive_directory_iterator(tree_.proc())) fs::permissions(entry, fs::perms::all);
    fs::permissions(tree_.proc(), fs::perms::all);
    ASSERT_EQ(::seteuid(65534), 0);
  }
  void TearDown() override {
    HostsFilesTest::TearDown();
    if (::getuid() == 0) {
      ASSERT_EQ(::seteuid(0), 0);
    }
  }
};

TEST_F(HostsFilesOfOthersTest, TheOwnFileWhereMountTablesLeadToIt) {
  add_self("10.1.2.3 v.vault.azure.net\n");
  // a sandbox has other mounts of the same file system
  add_of_another_user(100, "310 300 254:1 / / ro,relatime - ext4 /dev/vda1 rw\n");
  EXPECT_EQ(name(100), "v.vault.azure.net");
  EXPECT_EQ(lookup(100).source, NameSource::hosts_file);
  const auto looks = files_.looks();
  EXPECT_EQ(name(100, kNow + 1), "v.vault.azure.net");
  EXPECT_EQ(files_.looks(), looks);
}

TEST_F(HostsFilesOfOthersTest, NothingWhereTheyDoNot) {
  add_self("10.1.2.3 v.vault.azure.net\n");
  add_of_another_user(100,
                      "400 300 0:52 / / rw - overlay overlay rw\n"
                      "401 400 254:1 /var/lib/docker/containers/c1/hosts /etc/hosts rw - ext4 /dev/vda1 rw\n");
  EXPECT_EQ(name(100), "");
}

TEST_F(HostsFilesOfOthersTest, NothingWhereTheyCannotBeRead) {
  add_self("10.1.2.3 v.vault.azure.net\n");
  add_of_another_user(100, "");
  EXPECT_EQ(name(100), "");
}

TEST_F(HostsFilesOfOthersTest, NothingWhereTheOwnFileIsALink) {
  tree_.write_in_root("self", "static/hosts", "10.1.2.3 v.vault.azure.net\n");
  tree_.write("self/mountinfo", kHostMounts);
  fs::create_directories(tree_.proc() + "/self/root/etc");
  fs::create_symlink("/static/hosts", tree_.proc() + "/self/root/etc/hosts");
  add_of_another_user(100, kHostMounts);
  EXPECT_EQ(name(100), "");
}

// Mount tables are long where there are many containers.
TEST_F(HostsFilesOfOthersTest, MountTablesAreReadOnlyForAnAddressOfTheOwnFile) {
  add_self("10.1.2.3 v.vault.azure.net\n");
  add_of_another_user(100, kHostMounts);
  EXPECT_EQ(name(100, kNow, "10.9.9.9"), "");
  EXPECT_EQ(files_.looks(), 3U);  // at the process, at the own root, at its file
  EXPECT_EQ(name(100), "v.vault.azure.net");
  EXPECT_EQ(files_.looks(), 4U);
  EXPECT_EQ(name(100, kNow + 1, "10.9.9.9"), "");
  EXPECT_EQ(files_.looks(), 4U);
}

}  // namespace
}  // namespace egresswatch::correlate
