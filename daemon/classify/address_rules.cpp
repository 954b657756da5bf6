// SPDX-License-Identifier: Apache-2.0
#include "classify/address_rules.h"

#include <variant>

namespace egresswatch::classify {
namespace {

std::vector<RuleIndex> rules_with_prefix(std::span<const Target> targets) {
  std::vector<RuleIndex> rules;
  for (RuleIndex i = 0; i < targets.size(); ++i)
    if (std::holds_alternative<IpPrefix>(targets[i])) rules.push_back(i);
  return rules;
}

std::vector<IpPrefix> prefixes_of(std::span<const RuleIndex> rules, std::span<const Target> targets) {
  std::vector<IpPrefix> prefixes;
  prefixes.reserve(rules.size());
  for (const RuleIndex rule : rules) prefixes.push_back(std::get<IpPrefix>(targets[rule]));
  return prefixes;
}

PrefixTable table_of(std::span<const Target> targets) {
  const std::vector<RuleIndex> rules = rules_with_prefix(targets);
  return PrefixTable(prefixes_of(rules, targets), rules);
}

static_assert(kNoRule == PrefixTable::kNone);

}  // namespace

AddressRules::AddressRules(std::span<const Rule> rules, std::span<const Target> targets)
    : rules_(rules), prefixes_(table_of(targets)) {}

}  // namespace egresswatch::classify
