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

bool HostRules::counts(RuleIndex rule, const HostName& name, std::uint16_t port) const {
  if (rule == kNoRule) return false;
  const Rule& r = rules_[rule];
  return (!r.shared || r.expects(port)) && name.ends_in(r.suffix());
}

RuleIndex HostRules::wildcard_at(const Node& node, const HostName& name, std::uint16_t port) const {
  if (node.prefixes != kNoPrefixes)
    for (const RuleIndex rule : prefixes_[node.prefixes])
      if (name.first_label_continues(rules_[rule].prefix()) && counts(rule, name, port)) return rule;
  return counts(node.wildcard, name, port) ? node.wildcard : kNoRule;
}

RuleIndex HostRules::find(const HostName& name, std::uint16_t port) const {
  // nodes that have a rule for names in front of them; the last one is the most specific
  std::array<const Node*, HostPattern::kMaxName / 2 + 1> candidates;
  std::size_t count = 0;
  std::uint64_t hash = 0;
  for (std::size_t label = name.label_count(); label-- > 0;) {
    hash = name.hash(label, hash);
    const auto found = nodes_.find(hash);
    if (found == nodes_.end()) break;
    const Node& node = found->second;
    if (label == 0) {
      if (counts(node.exact, name, port)) return node.exact;
    } else if (node.wildcard != kNoRule || node.prefixes != kNoPrefixes) {
      candidates[count++] = &node;
    }
    if (node.leaf) break;
  }
  while (count > 0)
    if (const RuleIndex rule = wildcard_at(*candidates[--count], name, port); rule != kNoRule) return rule;
  return kNoRule;
}

}  // namespace egresswatch::classify
