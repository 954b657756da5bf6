// SPDX-License-Identifier: Apache-2.0
#pragma once

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
  [[nodiscard]] RuleIndex find(const HostName& name, std::uint16_t port) const;

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
  [[nodiscard]] bool counts(RuleIndex rule, const HostName& name, std::uint16_t port) const;
  [[nodiscard]] RuleIndex wildcard_at(const Node& node, const HostName& name, std::uint16_t port) const;

  std::span<const Rule> rules_;
  boost::unordered_flat_map<std::uint64_t, Node, IsHash> nodes_;
  std::vector<std::vector<RuleIndex>> prefixes_;  // each longest first
};

}  // namespace egresswatch::classify
