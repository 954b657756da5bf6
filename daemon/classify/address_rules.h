// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "classify/prefix_table.h"
#include "classify/rule.h"
#include "egresswatch/model/ip_address.h"

namespace egresswatch::classify {

// The rules that name addresses, by the longest prefix. Holds a view of the rules: they must not move while this is
// used.
class AddressRules {
 public:
  AddressRules(std::span<const Rule> rules, std::span<const Target> targets);

  // The rule with the longest prefix among those that expect the port.
  [[nodiscard]] RuleIndex find(const IpAddress& address, std::uint16_t port) const {
    return first(address, [&](RuleIndex rule) { return rules_[rule].expects(port); });
  }

  // Of the rules that cover the address, the one with the longest prefix for which accept(RuleIndex) is true.
  template <typename Accept>
  [[nodiscard]] RuleIndex first(const IpAddress& address, Accept&& accept) const {
    return prefixes_.first(address, accept);
  }

 private:
  std::span<const Rule> rules_;
  PrefixTable prefixes_;  // by the index of the rule
};

}  // namespace egresswatch::classify
