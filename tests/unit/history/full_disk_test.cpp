// SPDX-License-Identifier: Apache-2.0
// Real file systems that are full, or become read-only, in a mount namespace of a child process.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "history_fixture.h"

namespace egresswatch::history {
namespace {

constexpr int kNoNamespace = 77;

class HistoryDiskTest : public HistoryTest {
 protected:
  // Runs `body` in a child that has a tmpfs of 512 KiB as the directory of the history. Its failures are printed.
  void with_small_disk(const std::function<void()>& body) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      // a user namespace of its own, too, where root does it
      if (::unshare(CLONE_NEWNS | (::geteuid() == 0 ? 0 : CLONE_NEWUSER)) != 0 ||
          ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
          ::mount("tmpfs", directory_.c_str(), "tmpfs", 0, "size=512k") != 0)
        ::_exit(kNoNamespace);
      body();
      ::_exit(::testing::Test::HasFailure() ? 1 : 0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == kNoNamespace)
      GTEST_SKIP() << "needs root, or user namespaces: it mounts a file system";
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
  }
  static std::uint64_t lost(const Store& store, Loss reason) {
    return store.losses()[static_cast<std::size_t>(reason)];
  }
  // Until nothing fits any more.
  void fill_disk() const {
    const int fd = ::open((directory_ / "ballast").c_str(), O_CREAT | O_WRONLY, 0600);
    const std::string bytes(4096, 'b');
    while (::write(fd, bytes.data(), bytes.size()) > 0) {
    }
    ::close(fd);
  }
  static void note_hosts(Store& store, int hosts) {
    ConnectionReport report = sample_connection();
    for (int i = 0; i < hosts; ++i) {
      const std::string host = "v" + std::to_string(i) + ".vault.azure.net";
      report.host = host;
      store.note(report);
    }
  }
};

TEST_F(HistoryDiskTest, AFullDiskLosesHistoryAndCountsItAndGoesOn) {
  with_small_disk([this] {
    const auto store = open();
    store->note(sample_connection());
    flush(*store);
    EXPECT_TRUE(store->writing());
    fill_disk();
    note_hosts(*store, 900);
    flush(*store);
    EXPECT_EQ(lost(*store, Loss::disk_full), 1'800U);
    EXPECT_FALSE(store->writing());
    EXPECT_THAT(store->take_notice(), ::testing::HasSubstr("full"));
    note_hosts(*store, 900);
    flush(*store);
    EXPECT_EQ(lost(*store, Loss::disk_full), 3'600U);
    EXPECT_EQ(store->take_notice(), "") << "said once";
    EXPECT_EQ(contents().observations.size(), 1U) << "what was written before can be read";

    std::filesystem::remove(directory_ / "ballast");
    note_hosts(*store, 10);
    flush(*store);
    EXPECT_TRUE(store->writing());
    EXPECT_EQ(contents().observations.size(), 11U);
    EXPECT_EQ(lost(*store, Loss::disk_full), 3'600U);
    EXPECT_EQ(lost(*store, Loss::io_error), 0U);
    EXPECT_EQ(lost(*store, Loss::other), 0U);
  });
}

TEST_F(HistoryDiskTest, AFullDiskAtTheStartIsOnlyLater) {
  with_small_disk([this] {
    fill_disk();
    const auto store = open();
    EXPECT_NE(store->take_notice(), "");
    EXPECT_FALSE(store->writing());
    store->note(sample_connection());
    flush(*store, kNow + Store::kRetryNs);
    EXPECT_EQ(lost(*store, Loss::disk_full), 2U);
    std::filesystem::remove(directory_ / "ballast");
    store->note(sample_connection());
    flush(*store, kNow + 2 * Store::kRetryNs);
    EXPECT_TRUE(store->writing());
    EXPECT_EQ(contents().observations.size(), 1U);
  });
}

TEST_F(HistoryDiskTest, AFileSystemThatIsReadOnlyIsToldOnce) {
  with_small_disk([this] {
    { const auto store = open(); }
    ASSERT_EQ(::mount(nullptr, directory_.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
    const auto store = open();
    EXPECT_THAT(store->take_notice(), ::testing::HasSubstr("Read-only file system"));
    store->note(sample_connection());
    flush(*store, kNow + Store::kRetryNs);
    EXPECT_EQ(lost(*store, Loss::not_writable), 2U);
    EXPECT_EQ(contents().observations.size(), 0U) << "a reader is not refused";
  });
}

}  // namespace
}  // namespace egresswatch::history
