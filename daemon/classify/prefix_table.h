// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <vector>

#include "egresswatch/model/ip_prefix.h"

namespace egresswatch::classify {

// Finds the prefixes that cover an address. They are cut into ranges that do not overlap, each with the longest prefix
// that covers it: one binary search. With many of them an index by the first half of an IPv4 address leaves only a few
// to search, in a cache line or two.
class PrefixTable {
 public:
  using Index = std::uint32_t;  // of a prefix: its place, or the number that was given with it
  static constexpr Index kNone = UINT32_MAX;

  // `numbers`, where given, are those of the prefixes, ascending: so that what is found need not be looked up again.
  explicit PrefixTable(std::span<const IpPrefix> prefixes, std::span<const Index> numbers = {});

  // Of the prefixes that cover the address the longest for which accept(Index) is true; of equal ones that which was
  // given first. kNone if there is none.
  template <typename Accept>
  [[nodiscard]] Index first(const IpAddress& address, Accept&& accept) const {
    Index found = longest(address);
    while (found != kNone && !accept(found)) found = wider_[found];
    return found;
  }

 private:
  // Ends where the next one begins.
  struct Range {
    IpAddress first;
    Index prefix;
  };

  [[nodiscard]] Index longest(const IpAddress& address) const {
    auto begin = ranges_.begin();
    auto end = ranges_.end();
    if (!ipv4_halves_.empty() && address.is_v4()) {
      const std::size_t half = std::size_t{address.bytes[12]} << 8 | address.bytes[13];
      end = begin + ipv4_halves_[half + 1];
      begin += ipv4_halves_[half];
    }
    const auto behind = std::ranges::upper_bound(begin, end, address, {}, &Range::first);
    return behind == ranges_.begin() ? kNone : std::prev(behind)->prefix;
  }

  void begin_range(const IpAddress& first, Index prefix);
  void index_ipv4();

  std::vector<Range> ranges_;
  // How many ranges begin at or before a.b.0.0, by a.b; at the end, how many begin in IPv4 or before. Empty if not
  // worth its 256 KiB.
  std::vector<std::uint32_t> ipv4_halves_;
  // Of each prefix: the next one for the same addresses, the same or a wider one.
  std::vector<Index> wider_;
};

}  // namespace egresswatch::classify
