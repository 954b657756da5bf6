// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "classify/host_name.h"
#include "classify/rule.h"

namespace egresswatch::classify {

// Host patterns as a tree of labels, read from the right: net -> azure -> vault. A node is found by the hash of its
// whole suffix, one lookup per label, and an unknown name is given up at its first unknown label. What is found is
// compared as text before it counts, so names with equal hashes cannot be taken for each other.
//
// Holds a view of the rules: they must not move while this is used.
class HostRules {
 public:
  HostRules(std::span<const Rule> rules, std::span<const Target> targets);

  // The most specific rule: the exact name, else the longest suffix, there the longest prefix. A shared rule counts
  // only on its ports.
  [[nodiscard]] RuleIndex find(const HostName& name, std::uint16_t port) const {
    return first(name, [&](RuleIndex rule) { return !rules_[rule].shared || rules_[rule].expects(port); });
  }

  // Of the rules that cover the name, the most specific one for which accept(RuleIndex) is true.
  template <typename Accept>
  [[nodiscard]] RuleIndex first(const HostName& name, Accept&& accept) const;

 private:
  struct IsHash {
    using is_avalanching = std::true_type;
    std::size_t operator()(std::uint64_t hash) const noexcept { return hash; }
  };
  // The rules whose suffix ends at this label.
  struct Node {
    RuleIndex exact = kNoRule;
    RuleIndex wildcard = kNoRule;
    std::uint32_t prefixes = kNoPrefixes;
    bool leaf = true;  // no pattern has a label in front of this one: the rest of a name need not be looked at
  };
  static constexpr std::uint32_t kNoPrefixes = UINT32_MAX;

  void add(RuleIndex index);
  template <typename Accept>
  [[nodiscard]] RuleIndex wildcard_at(const Node& node, const HostName& name, Accept&& accept) const;

  std::span<const Rule> rules_;
  boost::unordered_flat_map<std::uint64_t, Node, IsHash> nodes_;
  std::vector<std::vector<RuleIndex>> prefixes_;  // each longest first
  std::size_t fewest_labels_ = SIZE_MAX;          // of a rule's suffix: nothing shorter need be looked up
};

template <typename Accept>
RuleIndex HostRules::wildcard_at(const Node& node, const HostName& name, Accept&& accept) const {
  const auto counts = [&](RuleIndex rule) { return name.ends_in(rules_[rule].suffix()) && accept(rule); };
  if (node.prefixes != kNoPrefixes)
    for (const RuleIndex rule : prefixes_[node.prefixes])
      if (name.first_label_continues(rules_[rule].prefix()) && counts(rule)) return rule;
  return node.wildcard != kNoRule && counts(node.wildcard) ? node.wildcard : kNoRule;
}

template <typename Accept>
RuleIndex HostRules::first(const HostName& name, Accept&& accept) const {
  // nodes that have a rule for names in front of them; the last one is the most specific
  std::array<const Node*, HostPattern::kMaxName / 2 + 1> candidates;
  std::size_t count = 0;
  std::uint64_t hash = 0;
  for (std::size_t label = name.label_count(); label-- > 0;) {
    hash = name.hash(label, hash);
    if (name.label_count() - label < fewest_labels_) continue;
    const auto found = nodes_.find(hash);
    if (found == nodes_.end()) break;
    const Node& node = found->second;
    if (label == 0) {
      if (node.exact != kNoRule && name.ends_in(rules_[node.exact].suffix()) && accept(node.exact)) return node.exact;
    } else if (node.wildcard != kNoRule || node.prefixes != kNoPrefixes) {
      candidates[count++] = &node;
    }
    if (node.leaf) break;
  }
  while (count > 0)
    if (const RuleIndex rule = wildcard_at(*candidates[--count], name, accept); rule != kNoRule) return rule;
  return kNoRule;
}

}  // namespace egresswatch::classify
