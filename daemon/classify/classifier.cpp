// SPDX-License-Identifier: Apache-2.0
#include "classify/classifier.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "classify/address_rules.h"
#include "classify/host_name.h"
#include "classify/host_rules.h"
#include "classify/rule.h"

namespace egresswatch::classify {
namespace {

std::vector<std::string> service_names(const ClassifyOptions& options) {
  std::vector<std::string> names(kServiceNames.begin(), kServiceNames.end());
  for (const ServiceDefinition& definition : options.services) names.push_back(definition.name);
  return names;
}

std::vector<ConfiguredHost> named_hosts(const RuleSet& set) {
  std::vector<ConfiguredHost> hosts;
  for (RuleIndex i = 0; i < set.rules.size(); ++i) {
    const Rule& rule = set.rules[i];
    const bool full_name = std::holds_alternative<HostPattern>(set.targets[i]) && !rule.wildcard();
    if (full_name && !rule.cname_target) hosts.push_back({rule.service, rule.text, rule.legacy});
  }
  std::ranges::sort(hosts, {}, [](const ConfiguredHost& host) { return std::tie(host.service, host.host); });
  return hosts;
}

}  // namespace

// Behind a pointer because the tables hold views into the rules.
struct Classifier::Compiled {
  Compiled(RuleSet set, std::vector<std::string> service_names)
      : configured_hosts(named_hosts(set)),
        rules(std::move(set.rules)),
        services(std::move(service_names)),
        hosts(rules, set.targets),
        addresses(rules, set.targets) {}

  [[nodiscard]] Match match(RuleIndex index, std::uint16_t port) const {
    if (index == kNoRule) return {};
    const Rule& rule = rules[index];
    return {rule.service, rule.function, rule.legacy, rule.expects(port), rule.text};
  }

  std::vector<ConfiguredHost> configured_hosts;  // moving a vector leaves its elements where they are
  std::vector<Rule> rules;
  std::vector<std::string> services;
  HostRules hosts;
  AddressRules addresses;
};

Classifier::Classifier(std::unique_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
Classifier::Classifier(Classifier&&) noexcept = default;
Classifier& Classifier::operator=(Classifier&&) noexcept = default;
Classifier::~Classifier() = default;

Result<Classifier> Classifier::compile(const Catalog& catalog, const ClassifyOptions& options) {
  auto rules = collect_rules(catalog, options);
  if (!rules) return rules.error();
  return Classifier(std::make_unique<const Compiled>(std::move(*rules), service_names(options)));
}

Match Classifier::by_name(std::string_view host, std::uint16_t port) const {
  HostName name;
  if (!name.assign(host)) return {};
  return compiled_->match(compiled_->hosts.find(name, port), port);
}

Match Classifier::by_address(const IpAddress& address, std::uint16_t port) const {
  return compiled_->match(compiled_->addresses.find(address, port), port);
}

std::span<const std::string> Classifier::services() const { return compiled_->services; }

std::string_view Classifier::service_name(ServiceId service) const {
  return compiled_->services[service < compiled_->services.size() ? service : kOtherService];
}

std::span<const ConfiguredHost> Classifier::configured_hosts() const { return compiled_->configured_hosts; }

}  // namespace egresswatch::classify
