// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace egresswatch::history {

// Rows that are found by the hash of what names them, at most `capacity`; they are taken out all at once. clear() keeps
// the rows and their strings, to be used again: what comes between two flushes allocates nothing once the table has
// seen as much before. A table that a flood had blown up gives that memory back.
template <typename Row>
class BatchTable {
 public:
  static constexpr std::size_t kKeptRows = 1024;

  explicit BatchTable(std::size_t capacity) : capacity_(capacity) {}

  // The row with this hash that is_it(row); null if there is none. Valid until the next add() or clear().
  template <typename IsIt>
  Row* find(std::uint64_t hash, IsIt&& is_it) {
    if (size_ == 0) return nullptr;
    for (std::size_t i = hash & mask(); index_[i] != kNone; i = (i + 1) & mask())
      if (hashes_[index_[i]] == hash && is_it(rows_[index_[i]])) return &rows_[index_[i]];
    return nullptr;
  }

  // A row that was not there yet; null if the table is full. It may hold what an earlier one held: assign every member.
  Row* add(std::uint64_t hash) {
    if (size_ == capacity_) return nullptr;
    if (rows_.size() == size_) {
      rows_.emplace_back();
      hashes_.emplace_back();
    }
    hashes_[size_] = hash;
    if ((size_ + 1) * 2 > index_.size())
      rebuild(index_.empty() ? kFirstIndex : index_.size() * 2);
    else
      link(size_);
    return &rows_[size_++];
  }

  void clear() {
    size_ = 0;
    if (rows_.size() > kKeptRows) {
      rows_ = {};
      hashes_ = {};
      index_ = {};
    }
    index_.assign(index_.size(), kNone);
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] std::span<const Row> rows() const { return std::span(rows_).first(size_); }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  static constexpr std::size_t kFirstIndex = 64;  // a power of two

  [[nodiscard]] std::size_t mask() const { return index_.size() - 1; }

  void link(std::size_t row) {
    std::size_t i = hashes_[row] & mask();
    while (index_[i] != kNone) i = (i + 1) & mask();
    index_[i] = static_cast<std::uint32_t>(row);
  }

  void rebuild(std::size_t size) {
    index_.assign(size, kNone);
    for (std::size_t row = 0; row <= size_; ++row) link(row);
  }

  std::size_t capacity_;
  std::size_t size_ = 0;
  std::vector<Row> rows_;
  std::vector<std::uint64_t> hashes_;  // of each row
  std::vector<std::uint32_t> index_;   // open addressing, at most half full
};

}  // namespace egresswatch::history
