// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace egresswatch::correlate {

// Which of many numbered slots expires first; any of them can be taken out again. A binary heap that knows where each
// slot is: O(log n) to put and to take out, O(1) to look. Grows with the highest slot number; 20 bytes a slot.
class ExpiryHeap {
 public:
  using Slot = std::uint32_t;

  [[nodiscard]] bool empty() const { return items_.empty(); }
  [[nodiscard]] Slot first() const { return items_.front().slot; }
  [[nodiscard]] std::uint64_t first_expiry_ns() const { return items_.front().expiry_ns; }

  [[nodiscard]] bool contains(Slot slot) const { return slot < positions_.size() && positions_[slot] != kAbsent; }

  // The slot must not be in the heap.
  void push(Slot slot, std::uint64_t expiry_ns) {
    if (slot >= positions_.size()) positions_.resize(std::size_t{slot} + 1, kAbsent);
    items_.push_back({expiry_ns, slot});
    positions_[slot] = static_cast<std::uint32_t>(items_.size() - 1);
    sift_up(items_.size() - 1);
  }

  // Does nothing if the slot is not in the heap.
  void remove(Slot slot) {
    if (!contains(slot)) return;
    const std::size_t position = positions_[slot];
    swap_items(position, items_.size() - 1);
    items_.pop_back();
    positions_[slot] = kAbsent;
    if (position == items_.size()) return;
    sift_up(position);
    sift_down(position);
  }

 private:
  static constexpr std::uint32_t kAbsent = std::numeric_limits<std::uint32_t>::max();

  struct Item {
    std::uint64_t expiry_ns;
    Slot slot;
  };

  void swap_items(std::size_t a, std::size_t b) {
    std::swap(items_[a], items_[b]);
    positions_[items_[a].slot] = static_cast<std::uint32_t>(a);
    positions_[items_[b].slot] = static_cast<std::uint32_t>(b);
  }

  void sift_up(std::size_t position) {
    while (position > 0) {
      const std::size_t parent = (position - 1) / 2;
      if (items_[parent].expiry_ns <= items_[position].expiry_ns) return;
      swap_items(parent, position);
      position = parent;
    }
  }

  void sift_down(std::size_t position) {
    for (;;) {
      std::size_t child = position * 2 + 1;
      if (child >= items_.size()) return;
      if (child + 1 < items_.size() && items_[child + 1].expiry_ns < items_[child].expiry_ns) ++child;
      if (items_[position].expiry_ns <= items_[child].expiry_ns) return;
      swap_items(position, child);
      position = child;
    }
  }

  std::vector<Item> items_;
  std::vector<std::uint32_t> positions_;
};

}  // namespace egresswatch::correlate
