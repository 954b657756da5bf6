// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "classify/rule.h"
#include "egresswatch/model/ip_address.h"

namespace egresswatch::classify {

// Prefixes cut into ranges that do not overlap, each with the longest prefix that covers it: one binary search.
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

  std::span<const Rule> rules_;
  std::vector<Range> ranges_;
  std::vector<RuleIndex>
      wider_;  // of each rule: the next one for the same addresses, with the same prefix or a wider one
};

}  // namespace egresswatch::classify
