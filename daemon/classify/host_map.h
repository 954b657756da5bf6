// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "classify/host_name.h"
#include "classify/host_rules.h"
#include "classify/rule.h"

namespace egresswatch::classify {

// Host patterns with a value each; the most specific pattern that covers a name has its value. Immutable. Neither
// copied nor moved: its index holds a view of its patterns.
template <typename Value>
class HostMap {
 public:
  using Entry = std::pair<HostPattern, Value>;

  explicit HostMap(const std::vector<Entry>& entries)
      : values_(values_of(entries)), rules_(rules_of(entries)), index_(rules_, targets_of(entries)) {}
  HostMap(const HostMap&) = delete;
  HostMap& operator=(const HostMap&) = delete;
  ~HostMap() = default;

  // Null if no pattern covers it.
  [[nodiscard]] const Value* find(std::string_view host) const {
    HostName name;
    if (values_.empty() || !name.assign(host)) return nullptr;
    const RuleIndex rule = index_.first(name, [](RuleIndex) { return true; });
    return rule == kNoRule ? nullptr : &values_[rule];
  }

 private:
  static std::vector<Value> values_of(const std::vector<Entry>& entries) {
    std::vector<Value> values;
    values.reserve(entries.size());
    for (const Entry& entry : entries) values.push_back(entry.second);
    return values;
  }
  static std::vector<Rule> rules_of(const std::vector<Entry>& entries) {
    std::vector<Rule> rules(entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) rules[i].set_text(entries[i].first);
    return rules;
  }
  static std::vector<Target> targets_of(const std::vector<Entry>& entries) {
    std::vector<Target> targets;
    targets.reserve(entries.size());
    for (const Entry& entry : entries) targets.emplace_back(entry.first);
    return targets;
  }

  std::vector<Value> values_;
  std::vector<Rule> rules_;
  HostRules index_;
};

}  // namespace egresswatch::classify
