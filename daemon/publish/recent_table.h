// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bounded_map.h"

namespace egresswatch::publish {

// What is remembered under a name, for at most `capacity` names; the name used longest ago makes room. Entries stay
// where they are, and one that makes room is used again with the memory it has: a flood of names allocates nothing once
// the table is full. Entry has reset(). A look-up is one hash of the name, without a copy of it.
template <typename Entry>
class RecentTable {
 public:
  explicit RecentTable(std::size_t capacity)
      : slots_by_name_(capacity, [this](std::string_view, Slot*& slot) { free_.push_back(slot); }) {}
  RecentTable(const RecentTable&) = delete;
  RecentTable& operator=(const RecentTable&) = delete;

  Entry* find(std::string_view name) {
    Slot** slot = slots_by_name_.find(name);
    return slot ? &(*slot)->entry : nullptr;
  }

  Entry& find_or_insert(std::string_view name) {
    if (Entry* known = find(name)) return *known;
    if (free_.empty()) {
      free_.reserve(slots_.size() + 1);
      slots_.push_back(std::make_unique<Slot>());
      free_.push_back(slots_.back().get());
    }
    Slot* slot = free_.back();
    free_.pop_back();
    slot->name = name;
    slot->entry.reset();
    // the key is a view of the slot's own name; nothing is pinned, so there is always room
    *slots_by_name_.find_or_insert(slot->name) = slot;
    return slot->entry;
  }

  // visit(std::string_view name, Entry&), from the name used longest ago on.
  template <typename Visit>
  void for_each(Visit&& visit) {
    slots_by_name_.for_each_oldest_first([&](std::string_view name, Slot* slot) {
      visit(name, slot->entry);
      return true;
    });
  }

  [[nodiscard]] std::size_t size() const { return slots_by_name_.size(); }
  [[nodiscard]] std::uint64_t evictions() const { return slots_by_name_.evictions(); }

 private:
  struct Slot {
    std::string name;
    Entry entry;
  };

  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<Slot*> free_;
  BoundedMap<std::string_view, Slot*> slots_by_name_;
};

}  // namespace egresswatch::publish
