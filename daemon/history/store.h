// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "history/collector.h"
#include "history/loss.h"
#include "history/writer.h"

namespace egresswatch::history {

// What this host uses, kept in a file over restarts. note() sums up in memory; flush() writes. Whatever happens to the
// file, nothing throws, and the rest of the program goes on: what could not be written is lost, and counted.
class Store {
 public:
  // Rows that one call of flush() writes: a few milliseconds.
  static constexpr std::size_t kRowsPerFlush = 500;
  // A file that cannot be written is tried again after this time.
  static constexpr std::uint64_t kRetryNs = 60'000'000'000;

  // Makes the file, or goes on with the one that is there. If neither can be, or the file had to be moved aside
  // (Writer::open), take_notice() says why; the store can be used all the same, and tries again.
  static std::unique_ptr<Store> open(std::string path, const Limits& limits, std::uint64_t now_ns);

  template <typename Report>
  void note(const Report& report) {
    collector_.note(report);
  }

  // Writes some of what was noted; true if more is left. `now_ns` is CLOCK_REALTIME.
  bool flush(std::uint64_t now_ns);
  [[nodiscard]] bool dirty() const { return rows() > 0; }
  // So full that waiting for the next flush may lose something.
  [[nodiscard]] bool crowded() const { return collector_.batch().size() > Collector::kRows / 2; }

  // One sentence for the operator, once; empty if there is nothing new to say.
  [[nodiscard]] std::string take_notice() { return std::exchange(notice_, {}); }
  [[nodiscard]] const std::string& path() const { return path_; }
  // Whether the last flush went well.
  [[nodiscard]] bool writing() const { return writer_ != nullptr && !failing_; }
  // Rows in memory, each of one unit and destination, or of the addresses of one.
  [[nodiscard]] std::size_t rows() const { return collector_.batch().size() + pending_.size() - written_; }
  // Rows that were lost, by reason; too_many counts outcomes.
  [[nodiscard]] std::array<std::uint64_t, kLossNames.size()> losses() const;

 private:
  Store(std::string path, const Limits& limits) : path_(std::move(path)), limits_(limits) {}
  bool open_file(std::uint64_t now_ns);
  void give_up(const Failure& failure, std::uint64_t now_ns);

  std::string path_;
  Limits limits_;
  std::unique_ptr<Writer> writer_;  // null while the file cannot be written
  std::uint64_t failed_at_ns_ = 0;  // CLOCK_REALTIME, of the last attempt to open it
  bool failing_ = false;
  Collector collector_;
  Batch pending_{Collector::kRows};  // being written
  std::size_t written_ = 0;          // rows of it
  std::array<std::uint64_t, kLossNames.size()> lost_{};
  std::string notice_;
};

}  // namespace egresswatch::history
