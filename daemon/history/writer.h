// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "history/batch.h"
#include "history/database.h"
#include "history/loss.h"

namespace egresswatch::history {

// What the file may hold. What is too old or too much is deleted, the oldest hours first.
struct Limits {
  std::uint64_t max_age_ns = 30 * kDayNs;
  std::uint64_t max_bytes = 64 * 1024 * 1024;  // of the file; its log, beside it, comes on top with a few MiB
};

struct Failure {
  Loss reason = Loss::other;
  std::string message;  // one sentence with the remedy
};

// An open history file. It belongs to the user of the process; its group may read it.
class Writer {
 public:
  // Makes the file if there is none. One of ours that is damaged, changed or of a newer version is moved aside as
  // <path>.damaged, in place of an earlier one, and a new one begun: then `notice` says so. Null with `failure` if
  // there can be none.
  static std::unique_ptr<Writer> open(const std::string& path, const Limits& limits, std::string& notice,
                                      Failure& failure);

  // Adds `count` rows of the batch, from row `from` on (its uses, then its addresses), and deletes what is beyond the
  // limits, all of it or nothing. `now_ns` is CLOCK_REALTIME. None if it succeeded.
  std::optional<Failure> write(const Batch& batch, std::size_t from, std::size_t count, std::uint64_t now_ns);

  // The file was deleted or replaced: what is written is seen by nobody.
  [[nodiscard]] bool moved() const;

 private:
  Writer(Database database, std::string path, const Limits& limits);
  int add(const UseRow& row);
  int add(const AddressRow& row);
  int prune(std::size_t added, std::uint64_t now_ns);

  Database database_;
  std::string path_;
  Limits limits_;
  std::uint64_t page_bytes_ = 0;
  Statement begin_;
  Statement commit_;
  Statement add_use_;
  Statement add_address_;
  Statement trim_addresses_;
  Statement used_pages_;
  Statement delete_uses_;
  Statement delete_addresses_;
  Statement delete_other_addresses_;
  Statement give_back_;
};

}  // namespace egresswatch::history
