// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "classify/address_rules.h"
#include "classify/host_rules.h"
#include "classify/rule.h"
#include "egresswatch/model/policy.h"

namespace egresswatch::classify {

// Which rules of a policy name a host or an address, whatever section they are in. A pattern that several sections name
// is found once; its grants are sorted by section.
class Grants {
 public:
  struct Grant {
    std::uint32_t section = 0;
    const PolicyRule* rule = nullptr;
  };

  // Takes down one rule of a section; the rule must not move.
  void add(std::uint32_t section, const PolicyRule& rule);
  // Once, after the last add().
  void compile();

  // Calls visit(std::span<const Grant>, std::string_view pattern) for each pattern that covers the name or address, the
  // most specific first, until it returns true. Only after compile().
  template <typename Visit>
  void for_host(const HostName& name, Visit&& visit) const {
    (void)hosts_->first(
        name, [&](RuleIndex pattern) { return visit(grants_of(pattern), std::string_view(patterns_[pattern].text)); });
  }
  template <typename Visit>
  void for_address(const IpAddress& address, Visit&& visit) const {
    (void)addresses_->first(address, [&](RuleIndex pattern) {
      return visit(grants_of(pattern), std::string_view(patterns_[pattern].text));
    });
  }

 private:
  void add_target(Target target, Grant grant);
  [[nodiscard]] std::span<const Grant> grants_of(RuleIndex pattern) const { return grants_[pattern]; }

  std::map<std::string, RuleIndex> known_;  // only while rules are added
  std::vector<Rule> patterns_;
  std::vector<Target> targets_;  // of each pattern; only while rules are added
  std::vector<std::vector<Grant>> grants_;
  std::unique_ptr<const HostRules> hosts_;
  std::unique_ptr<const AddressRules> addresses_;
};

}  // namespace egresswatch::classify
