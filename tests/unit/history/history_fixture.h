// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "egresswatch/model/report.h"
#include "history/read.h"
#include "history/store.h"

namespace egresswatch::history {

inline constexpr std::uint64_t kSecondNs = 1'000'000'000;
inline constexpr std::uint64_t kNow = 1'790'000'000 * kSecondNs;  // 2026-09-21 14:13:20 UTC
inline constexpr std::string_view kVault = "prod.vault.azure.net";

inline ConnectionReport sample_connection() {
  ConnectionReport report;
  report.wall_time_ns = kNow;
  report.service = "key_vault";
  report.function = Function::vault_operations;
  report.host = kVault;
  report.name_source = NameSource::dns_process;
  report.unit = "sync.service";
  report.process = "node";
  report.pid = 4711;
  report.local = {IpAddress::v4(10, 0, 0, 5), 40000};
  report.remote = {IpAddress::v4(20, 1, 2, 3), 443};
  report.family = AF_INET;
  report.connect_latency_ns = 12'400'000;
  report.duration_ns = 12'400'000;
  return report;
}

inline ConnectionReport sample_failure(Stage stage = Stage::connect, Cause cause = Cause::no_reply) {
  ConnectionReport report = sample_connection();
  report.verdict = Verdict::failed;
  report.stage = stage;
  report.cause = cause;
  report.connect_latency_ns = 0;
  return report;
}

inline FlowReport sample_flow() {
  FlowReport report;
  report.wall_time_ns = kNow;
  report.service = "other";
  report.host = "time.example";
  report.unit = "chronyd.service";
  report.unexpected = Unexpected::not_in_policy;
  report.protocol = Protocol::udp;
  report.remote = {IpAddress::v4(192, 0, 2, 123), 123};
  return report;
}

// A history in a directory of its own, gone with the test.
class HistoryTest : public ::testing::Test {
 protected:
  HistoryTest() {
    std::string name = (std::filesystem::temp_directory_path() / "egresswatch.XXXXXX").string();
    if (!::mkdtemp(name.data())) ADD_FAILURE() << "no temporary directory";
    directory_ = name;
    path_ = directory_ / "history.db";
  }
  ~HistoryTest() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<Store> open(const Limits& limits = {}) { return Store::open(path_, limits, kNow); }
  static void flush(Store& store, std::uint64_t now_ns = kNow) {
    while (store.flush(now_ns)) {
    }
  }
  // What a reader finds, which must be able to read.
  Contents contents(std::uint64_t since_ns = 0) {
    auto read_now = read(path_, since_ns);
    if (read_now) return std::move(*read_now);
    ADD_FAILURE() << read_now.error().message;
    return {};
  }
  std::string error(std::uint64_t since_ns = 0) {
    const auto read_now = read(path_, since_ns);
    return read_now ? "" : read_now.error().message;
  }
  // As somebody else would change the file.
  void run_sql(const std::string& sql) const {
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    char* problem = nullptr;
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &problem), SQLITE_OK) << problem;
    sqlite3_free(problem);
    sqlite3_close(database);
  }

  std::filesystem::path directory_;
  std::string path_;
};

}  // namespace egresswatch::history
