// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/bounded_map.h"

namespace egresswatch::correlate {

// Who holds which of many numbered slots of a full table, and whose slot has to go for a new one: nobody loses a slot
// to somebody who has more, and nobody holds more than a quarter of all. So a unit that asks for a million names pushes
// out its own.
//
// Owners are any numbers. With more than kMaxOwners at once the rest share one place. No allocation once grown; 12
// bytes a slot.
class FairShares {
 public:
  using Slot = std::uint32_t;
  static constexpr Slot kNone = std::numeric_limits<Slot>::max();
  static constexpr std::size_t kMaxOwners = 1024;
  // Slots that may not go are looked at so often before it is given up; they count as newly used then.
  static constexpr int kMaxLooks = 64;

  explicit FairShares(std::size_t capacity) : most_(std::max<std::size_t>(capacity / 4, 1)), by_id_(kMaxOwners) {
    owners_.emplace_back();  // those without a place of their own
  }

  // The slot must have no owner.
  void add(Slot slot, std::uint64_t owner) {
    if (slot >= items_.size()) items_.resize(std::size_t{slot} + 1);
    push_newest(slot, place_of(owner));
  }

  // Does nothing if the slot has no owner.
  void remove(Slot slot) {
    if (slot >= items_.size() || items_[slot].owner == kNone) return;
    const std::uint32_t owner = items_[slot].owner;
    unlink(slot);
    if (--owners_[owner].count > 0 || owner == 0) return;
    by_id_.erase(owners_[owner].id);
    free_.push_back(owner);
  }

  // Whoever uses a slot as well and has fewer of them is its owner from now on.
  void share(Slot slot, std::uint64_t owner) {
    const std::size_t held = count(owner);
    if (held >= owners_[items_[slot].owner].count) return;
    remove(slot);
    add(slot, owner);
  }

  // Slots of an owner.
  [[nodiscard]] std::size_t count(std::uint64_t owner) const {
    const std::uint32_t* const place = by_id_.peek(owner);
    return place ? owners_[*place].count : 0;
  }
  // Whose a slot is; it must have an owner.
  [[nodiscard]] std::uint64_t owner_of(Slot slot) const { return owners_[items_[slot].owner].id; }
  [[nodiscard]] bool has_most(std::uint64_t owner) const { return count(owner) >= most_; }

  // The slot to give up so that this owner can have one: its own oldest if it has its share already, else the oldest of
  // who has most. Only one for which may_go(slot) is true; kNone if there is none.
  template <typename MayGo>
  Slot victim(std::uint64_t owner, MayGo&& may_go) {
    const std::size_t held = count(owner);
    const std::size_t owners = by_id_.size() + (owners_[0].count > 0 ? 1 : 0) + (held == 0 ? 1 : 0);
    const std::size_t share = std::max<std::size_t>(total_ / owners, 1);
    std::uint32_t from = largest_;
    if (held >= share) {
      from = *by_id_.peek(owner);
    } else if (owners_[from].count < share) {
      from = largest_ = find_largest();
    }
    for (int looks = 0; looks < kMaxLooks; ++looks) {
      const Slot oldest = owners_[from].oldest;
      if (oldest == kNone || may_go(oldest)) return oldest;
      unlink(oldest);
      --owners_[from].count;
      push_newest(oldest, from);
    }
    return kNone;
  }

 private:
  struct Item {
    Slot older = kNone;
    Slot newer = kNone;
    std::uint32_t owner = kNone;  // index
  };
  struct Owner {
    std::uint64_t id = 0;
    std::size_t count = 0;
    Slot oldest = kNone;
    Slot newest = kNone;
  };

  std::uint32_t place_of(std::uint64_t id) {
    if (const std::uint32_t* const known = by_id_.peek(id)) return *known;
    if (by_id_.size() == by_id_.capacity()) return 0;
    auto place = static_cast<std::uint32_t>(owners_.size());
    if (free_.empty()) {
      owners_.emplace_back();
    } else {
      place = free_.back();
      free_.pop_back();
      owners_[place] = {};
    }
    owners_[place].id = id;
    *by_id_.find_or_insert(id) = place;
    return place;
  }

  void push_newest(Slot slot, std::uint32_t place) {
    Owner& owner = owners_[place];
    items_[slot] = {.older = owner.newest, .newer = kNone, .owner = place};
    (owner.newest == kNone ? owner.oldest : items_[owner.newest].newer) = slot;
    owner.newest = slot;
    ++owner.count;
    ++total_;
  }

  // The caller counts.
  void unlink(Slot slot) {
    Item& item = items_[slot];
    Owner& owner = owners_[item.owner];
    (item.older == kNone ? owner.oldest : items_[item.older].newer) = item.newer;
    (item.newer == kNone ? owner.newest : items_[item.newer].older) = item.older;
    item.owner = kNone;
    --total_;
  }

  [[nodiscard]] std::uint32_t find_largest() const {
    const auto largest = std::ranges::max_element(owners_, {}, &Owner::count);
    return static_cast<std::uint32_t>(largest - owners_.begin());
  }

  std::size_t most_;
  std::size_t total_ = 0;
  std::vector<Item> items_;
  std::vector<Owner> owners_;
  std::vector<std::uint32_t> free_;  // places
  BoundedMap<std::uint64_t, std::uint32_t> by_id_;
  std::uint32_t largest_ = 0;
};

}  // namespace egresswatch::correlate
