// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

namespace egresswatch::correlate {

// Makes room for one more element by doubling, but never beyond what the table may hold at most.
template <typename Element>
void grow_within(std::vector<Element>& elements, std::size_t limit) {
  constexpr std::size_t kFirst = 64;
  if (elements.size() == elements.capacity()) elements.reserve(std::min(limit, std::max(kFirst, elements.size() * 2)));
}

// Texts stored once each, however often they are referred to. Made for DNS names: most have 20 to 40 characters.
//
// A text lies in a cell of the smallest of four sizes that holds it; freed cells are used again, so nothing is
// allocated in steady state and nothing fragments. Long names have fewer cells, so that a flood of them neither takes
// much memory nor the room of the others: at most 160 bytes times `capacity` in cells, and about 30 for each text
// besides. Not thread-safe.
class NamePool {
 public:
  using Id = std::uint32_t;
  static constexpr Id kNone = std::numeric_limits<Id>::max();
  static constexpr std::size_t kMaxLength = 255;

  explicit NamePool(std::size_t capacity);

  // Takes a reference to the text, which is stored if it is new. kNone if it is empty or longer than kMaxLength, if the
  // pool is full, or if all cells for texts of its length are taken.
  Id intern(std::string_view text);
  // Takes one more reference to a text that is there.
  void retain(Id id) { ++names_[id].references; }
  // Gives one reference back; with the last one the text goes, and its id may come to mean another.
  void release(Id id);

  // Valid until the next intern().
  [[nodiscard]] std::string_view text(Id id) const;

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] bool full() const { return size_ == capacity_; }

 private:
  static constexpr std::array<std::size_t, 4> kCellSizes{32, 48, 96, 256};
  static constexpr std::array<std::size_t, 4> kCellShares{1, 1, 2, 8};  // of the capacity: all, all, half, an eighth
  static_assert(kCellSizes.back() > kMaxLength);

  struct Name {
    std::uint32_t hash = 0;
    Id next = kNone;  // in the bucket, or in the list of free ids
    std::uint32_t references = 0;
    std::uint32_t cell = 0;
    std::uint8_t length = 0;
  };

  struct Cells {
    std::vector<char> bytes;
    std::vector<std::uint32_t> free;
  };

  static std::size_t cell_class(std::size_t length);
  [[nodiscard]] Id& bucket(std::uint32_t hash) { return buckets_[hash & (buckets_.size() - 1)]; }
  void rehash(std::size_t bucket_count);
  Id take_id();
  bool take_cell(std::size_t size_class, std::uint32_t& cell);

  std::size_t capacity_;
  std::size_t size_ = 0;
  std::vector<Name> names_;
  std::vector<Id> buckets_;
  std::array<Cells, kCellSizes.size()> cells_;
  Id free_ = kNone;
};

}  // namespace egresswatch::correlate
