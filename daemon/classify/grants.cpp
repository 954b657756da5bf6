// SPDX-License-Identifier: Apache-2.0
#include "classify/grants.h"

#include <algorithm>
#include <utility>

namespace egresswatch::classify {

void Grants::add(std::uint32_t section, const PolicyRule& rule) {
  for (const HostPattern& host : rule.hosts) add_target(host, {section, &rule});
  for (const IpPrefix& prefix : rule.addresses) add_target(prefix, {section, &rule});
}

void Grants::add_target(Target target, Grant grant) {
  Rule pattern;
  pattern.set_text(target);
  const auto [known, inserted] = known_.emplace(pattern.text, static_cast<RuleIndex>(patterns_.size()));
  if (inserted) {
    patterns_.push_back(std::move(pattern));
    targets_.push_back(std::move(target));
    grants_.emplace_back();
  }
  grants_[known->second].push_back(grant);
}

void Grants::compile() {
  for (auto& grants : grants_) std::ranges::stable_sort(grants, {}, &Grant::section);
  hosts_ = std::make_unique<const HostRules>(patterns_, targets_);
  addresses_ = std::make_unique<const AddressRules>(patterns_, targets_);
  known_.clear();
  targets_.clear();
  targets_.shrink_to_fit();
}

}  // namespace egresswatch::classify
