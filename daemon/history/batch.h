// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "egresswatch/model/observation.h"
#include "history/batch_table.h"

namespace egresswatch::history {

inline constexpr std::uint64_t kHourNs = 3'600'000'000'000;
inline constexpr std::uint64_t kDayNs = 24 * kHourNs;

// Of one destination at most so many addresses a day; the newest ones win.
inline constexpr std::size_t kMaxAddressesPerHost = 64;

// What one unit did with one destination within one hour.
struct UseRow {
  std::uint64_t hour = 0;             // since 1970, UTC
  std::uint64_t last_failure_ns = 0;  // CLOCK_REALTIME; 0 = none
  Observation sum;
};

// Where one destination was reached within one day.
struct AddressRow {
  struct Seen {
    IpAddress address;
    std::uint64_t last_seen_ns = 0;  // CLOCK_REALTIME
  };
  std::uint64_t day = 0;  // since 1970, UTC
  std::string service;
  std::string host;
  std::vector<Seen> seen;  // at most kMaxAddressesPerHost
};

// What came since the last flush.
struct Batch {
  explicit Batch(std::size_t capacity) : uses(capacity), addresses(capacity) {}

  BatchTable<UseRow> uses;
  BatchTable<AddressRow> addresses;

  [[nodiscard]] std::size_t size() const { return uses.size() + addresses.size(); }
  void clear() {
    uses.clear();
    addresses.clear();
  }
};

}  // namespace egresswatch::history
