// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "classify/rule.h"
#include "egresswatch/model/ip_address.h"

namespace egresswatch::classify {

// Prefixes cut into ranges that do not overlap, each with the longest prefix that covers it: one binary search. With
// many of them an index by the first half of an IPv4 address leaves only a few to search, in a cache line or two.
class AddressRules {
 public:
  AddressRules(std::span<const Rule> rules, std::span<const Target> targets);

  // The rule with the longest prefix among those that expect the port.
  [[nodiscard]] RuleIndex find(const IpAddress& address, std::uint16_t port) const;

 private:
  // Ends where the next one begins.
  struct Range {
    IpAddress first;
    RuleIndex rule;
  };

  void begin_range(const IpAddress& first, RuleIndex rule);
  void index_ipv4();

  std::span<const Rule> rules_;
  std::vector<Range> ranges_;
  // How many ranges begin at or before a.b.0.0, by a.b; at the end, how many begin in IPv4 or before. Empty if not
  // worth its 256 KiB.
  std::vector<std::uint32_t> ipv4_halves_;
  std::vector<RuleIndex>
      wider_;  // of each rule: the next one for the same addresses, with the same prefix or a wider one
};

}  // namespace egresswatch::classify
