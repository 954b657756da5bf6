// SPDX-License-Identifier: Apache-2.0
#include "app/policy_difference.h"

#include <algorithm>
#include <set>
#include <span>
#include <string_view>

namespace egresswatch::app {
namespace {

using classify::Policy;

class Comparison {
 public:
  Comparison(const history::Contents& seen, const Policy& policy, const classify::Classifier& classifier)
      : seen_(seen), policy_(policy), classifier_(classifier) {}

  cli::PolicyDifference run() {
    for (const Observation& observation : seen_.observations) compare(observation);
    add_unused(policy_.options().allow);
    for (const PolicySection& section : policy_.options().sections) add_unused(section.allow);
    std::ranges::sort(difference_.unused_lines);
    return std::move(difference_);
  }

 private:
  [[nodiscard]] ServiceId service_of(std::string_view name) const {
    const auto services = classifier_.services();
    const auto found = std::ranges::find(services, name);
    return found == services.end() ? kOtherService : static_cast<ServiceId>(found - services.begin());
  }

  Unexpected judge(Policy::SectionId section, const classify::Contact& contact) {
    const auto [reason, line] = policy_.judge(section, contact);
    if (reason == Unexpected::none) used_lines_.insert(line);
    return reason;
  }

  void compare(const Observation& seen) {
    const auto section = policy_.section_of({.unit = seen.unit});
    classify::Contact contact{.host = seen.host,
                              .port = seen.port,
                              .protocol = policy_protocol(seen.protocol, false),
                              .service = service_of(seen.service)};
    if (!seen.host.empty()) contact.port_expected = classifier_.by_name(seen.host, seen.port).port_expected;
    Unexpected reason = judge(section, contact);
    if (reason == Unexpected::none) return;
    std::size_t allowed = 0;
    std::size_t addresses = 0;
    for (const ObservedAddress& at : seen_.addresses) {
      if (at.service != seen.service || at.host != seen.host) continue;
      ++addresses;
      contact.address = &at.address;
      if (judge(section, contact) == Unexpected::none) ++allowed;
    }
    if (addresses > 0 && allowed == addresses) return;
    if (reason == Unexpected::not_in_policy && seen.host.empty()) reason = Unexpected::no_name;
    difference_.not_allowed.push_back({seen, reason, allowed > 0});
  }

  void add_unused(std::span<const PolicyRule> rules) {
    for (const PolicyRule& rule : rules)
      if (!used_lines_.contains(rule.line)) difference_.unused_lines.push_back(rule.line);
  }

  const history::Contents& seen_;
  const Policy& policy_;
  const classify::Classifier& classifier_;
  std::set<std::size_t> used_lines_;
  cli::PolicyDifference difference_;
};

}  // namespace

cli::PolicyDifference compare_policy(const history::Contents& seen, const Policy& policy,
                                     const classify::Classifier& classifier) {
  return Comparison(seen, policy, classifier).run();
}

}  // namespace egresswatch::app
