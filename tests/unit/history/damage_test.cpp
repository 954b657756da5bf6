// SPDX-License-Identifier: Apache-2.0
// Files that cannot be used, or go away.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "history_fixture.h"

namespace egresswatch::history {
namespace {

using ::testing::Each;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class HistoryDamageTest : public HistoryTest {
 protected:
  void write_file(std::string_view bytes) const { std::ofstream(path_, std::ios::binary) << bytes; }
  static std::string bytes_of(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // Some pages long.
  void write_history() {
    const auto store = open();
    ConnectionReport report = sample_connection();
    for (int i = 0; i < 200; ++i) {
      const std::string host = "v" + std::to_string(i) + ".vault.azure.net";
      report.host = host;
      store->note(report);
    }
    flush(*store);
  }
  // Nothing but the beginning of a history.
  std::string header() {
    std::filesystem::remove(path_);
    write_history();
    return bytes_of(path_).substr(0, 100);
  }
  // A store that leaves the file alone, and goes on.
  void expect_untouched() {
    const std::string before = bytes_of(path_);
    const auto store = open();
    EXPECT_EQ(store->take_notice(),
              "the history " + path_ +
                  " cannot be written: it is no file of egresswatch, and stays as it is; until it "
                  "can be, what is seen is missing from reports (history.path says where it is)");
    store->note(sample_connection());
    flush(*store);
    EXPECT_EQ(bytes_of(path_), before);
    EXPECT_FALSE(std::filesystem::exists(path_ + ".damaged"));
  }
  // A store that had to begin anew and works.
  void expect_new_beginning(const std::string& because) {
    const auto store = open();
    EXPECT_EQ(store->take_notice(),
              "the history " + path_ + because + "; it is now " + path_ + ".damaged, and a new one begins");
    EXPECT_EQ(store->take_notice(), "") << "said once";
    store->note(sample_connection());
    flush(*store);
    EXPECT_THAT(store->losses(), Each(0U));
    EXPECT_THAT(contents().observations, SizeIs(1));
  }
};

TEST_F(HistoryDamageTest, WhatIsNoDatabaseStaysAsItIs) {
  write_file(std::string(5'000, 'x'));
  EXPECT_THAT(error(), EndsWith("is damaged"));
  expect_untouched();
  write_file("root:x:0:0:root:/root:/bin/bash\n");
  expect_untouched();
}

TEST_F(HistoryDamageTest, AHistoryOfWhichOnlyTheHeaderIsLeftIsMovedAside) {
  const std::string text = header() + std::string(5'000, 'x');
  write_file(text);
  EXPECT_THAT(error(), EndsWith("is damaged"));
  expect_new_beginning(" is damaged");
  EXPECT_EQ(bytes_of(path_ + ".damaged"), text);
}

TEST_F(HistoryDamageTest, ADamagedPageIsFoundWhenTheFileIsOpened) {
  write_history();
  std::string bytes = bytes_of(path_);
  ASSERT_GT(bytes.size(), 8U * 4096);
  // a page in the middle of a table
  for (std::size_t i = 6 * 4096; i < 6 * 4096 + 64; ++i) bytes[i] = '\x5a';
  write_file(bytes);
  EXPECT_THAT(error(), EndsWith("is damaged"));
  expect_new_beginning(" is damaged");
  EXPECT_EQ(bytes_of(path_ + ".damaged"), bytes);
}

TEST_F(HistoryDamageTest, AFileThatWasCutIsDamaged) {
  write_history();
  std::filesystem::resize_file(path_, 3 * 4096 + 100);
  EXPECT_NE(error(), "");
  expect_new_beginning(" is damaged");
}

TEST_F(HistoryDamageTest, ANewerVersionsFileIsMovedAsideAndKept) {
  write_history();
  run_sql("PRAGMA user_version=2");
  EXPECT_THAT(error(), EndsWith("was written by a newer version of egresswatch"));
  expect_new_beginning(" was written by a newer version");
  EXPECT_TRUE(std::filesystem::exists(path_ + ".damaged"));
}

TEST_F(HistoryDamageTest, AnotherProgramsDatabaseStaysAsItIs) {
  run_sql("CREATE TABLE notes(text)");
  EXPECT_THAT(error(), EndsWith("is no history of egresswatch"));
  expect_untouched();
}

// A view in the place of a table could make whoever reads it compute for ever.
TEST_F(HistoryDamageTest, AnotherSchemaIsForeignWhateverItIsMarkedAs) {
  for (const char* change : {"CREATE VIEW more AS SELECT 1", "CREATE INDEX more ON address(host)",
                             "CREATE TRIGGER more AFTER INSERT ON address BEGIN SELECT 1; END",
                             "DROP TABLE address; CREATE VIEW address AS SELECT 1 AS day, 'a' AS service, 'b' AS host, "
                             "x'00' AS address, 1 AS last_seen_ns"}) {
    std::filesystem::remove(path_);
    write_history();
    run_sql(change);
    EXPECT_THAT(error(), EndsWith("is no history of egresswatch")) << change;
  }
  expect_new_beginning(" is something else");
}

TEST_F(HistoryDamageTest, OneDamagedFileIsKeptTheLast) {
  const std::string begin = header();
  write_file(begin + "first");
  (void)open();
  write_file(begin + "second");
  std::filesystem::remove(path_ + "-wal");
  (void)open();
  EXPECT_THAT(bytes_of(path_ + ".damaged"), HasSubstr("second"));
  EXPECT_FALSE(std::filesystem::exists(path_ + ".damaged.damaged"));
}

TEST_F(HistoryDamageTest, WithoutADirectoryTheStoreLosesAndTriesAgain) {
  const std::string missing = (directory_ / "missing").string();
  const auto store = Store::open(missing + "/history.db", {}, kNow);
  EXPECT_THAT(store->take_notice(), HasSubstr(missing + "/history.db cannot be written: No such file"));
  EXPECT_FALSE(store->writing());
  store->note(sample_connection());
  EXPECT_FALSE(store->flush(kNow + kSecondNs));
  EXPECT_EQ(store->rows(), 2U) << "kept until the file is tried again";
  EXPECT_FALSE(store->flush(kNow + Store::kRetryNs));
  EXPECT_EQ(store->rows(), 0U);
  EXPECT_EQ(store->losses()[static_cast<std::size_t>(Loss::not_writable)], 2U);
  EXPECT_EQ(store->take_notice(), "") << "said once";

  ASSERT_TRUE(std::filesystem::create_directory(missing));
  store->note(sample_connection());
  flush(*store, kNow + 2 * Store::kRetryNs);
  EXPECT_TRUE(store->writing());
  EXPECT_EQ(read(missing + "/history.db", 0)->observations.size(), 1U);
}

TEST_F(HistoryDamageTest, AFileThatWasDeletedIsBegunAnew) {
  const auto store = open();
  store->note(sample_connection());
  flush(*store);
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + suffix);
  store->note(sample_connection());
  flush(*store);
  EXPECT_EQ(store->take_notice(), "");
  EXPECT_EQ(contents().observations.at(0).attempts, 1U);
}

TEST_F(HistoryDamageTest, SomebodyWhoWritesToItCostsWhatComesMeanwhile) {
  const auto store = open();
  store->note(sample_connection());
  flush(*store);
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  store->note(sample_connection());
  flush(*store);
  EXPECT_EQ(store->losses()[static_cast<std::size_t>(Loss::locked)], 2U);
  EXPECT_FALSE(store->writing());
  ASSERT_EQ(sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
  store->note(sample_connection());
  flush(*store);
  EXPECT_TRUE(store->writing());
  EXPECT_EQ(contents().observations.at(0).attempts, 2U);
}

TEST_F(HistoryDamageTest, WhatIsNoFileIsRefused) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_THAT(open()->take_notice(), HasSubstr("is not a regular file"));
  EXPECT_THAT(error(), EndsWith("is not a regular file"));
  std::filesystem::remove(path_);
  EXPECT_THAT(error(), HasSubstr("No such file"));
  EXPECT_EQ(read(path_, 0).error().code, ENOENT);
}

}  // namespace
}  // namespace egresswatch::history
