// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "history/batch_table.h"

namespace egresswatch::history {

// How many different things each owner may have within one hour. What was let in once stays in until the hour is over,
// so that one owner who names a million things takes its own share and nobody else's. Owners and things are hashes.
class Budget {
 public:
  // `total` bounds the memory: about 30 bytes for each thing of any owner.
  Budget(std::size_t each, std::size_t total) : each_(each), seen_(total), owners_(total) {}

  // `hour` since 1970.
  bool admit(std::uint64_t hour, std::uint64_t owner, std::uint64_t thing) {
    // an outcome of the hour before may come late; a clock that was set back by more begins anew
    if (hour > hour_ || hour + 1 < hour_) {
      hour_ = hour;
      seen_.clear();
      owners_.clear();
    }
    const std::uint64_t both = owner ^ (thing * 0x9E3779B97F4A7C15);
    if (seen_.find(both, [&](const Seen& seen) { return seen.owner == owner && seen.thing == thing; })) return true;
    Owner* known = owners_.find(owner, [&](const Owner& other) { return other.hash == owner; });
    if (!known) {
      known = owners_.add(owner);
      if (!known) return false;
      *known = {.hash = owner, .things = 0};
    }
    if (known->things == each_) return false;
    Seen* seen = seen_.add(both);
    if (!seen) return false;
    *seen = {.owner = owner, .thing = thing};
    ++known->things;
    return true;
  }

 private:
  struct Seen {
    std::uint64_t owner = 0;
    std::uint64_t thing = 0;
  };
  struct Owner {
    std::uint64_t hash = 0;
    std::size_t things = 0;
  };

  std::size_t each_;
  std::uint64_t hour_ = 0;
  BatchTable<Seen> seen_;
  BatchTable<Owner> owners_;
};

}  // namespace egresswatch::history
