// SPDX-License-Identifier: Apache-2.0
#include "classify/host_rules.h"

#include <algorithm>

namespace egresswatch::classify {

HostRules::HostRules(std::span<const Rule> rules, std::span<const Target> targets) : rules_(rules) {
  for (RuleIndex i = 0; i < rules.size(); ++i)
    if (std::holds_alternative<HostPattern>(targets[i])) add(i);
  for (auto& at_node : prefixes_)
    std::ranges::sort(at_node, std::ranges::greater{}, [&](RuleIndex i) { return rules_[i].prefix().size(); });
}

void HostRules::add(RuleIndex index) {
  const Rule& rule = rules_[index];
  HostName suffix;
  if (!suffix.assign(rule.suffix())) return;  // a HostPattern is a name: this does not happen
  fewest_labels_ = std::min(fewest_labels_, suffix.label_count());
  std::uint64_t hash = 0;
  Node* node = nullptr;
  for (std::size_t label = suffix.label_count(); label-- > 0;) {
    if (node) node->leaf = false;
    hash = suffix.hash(label, hash);
    node = &nodes_[hash];
  }
  if (!rule.wildcard()) {
    node->exact = index;
  } else if (rule.prefix().empty()) {
    node->wildcard = index;
  } else {
    if (node->prefixes == kNoPrefixes) {
      node->prefixes = static_cast<std::uint32_t>(prefixes_.size());
      prefixes_.emplace_back();
    }
    prefixes_[node->prefixes].push_back(index);
  }
}

}  // namespace egresswatch::classify
