// SPDX-License-Identifier: Apache-2.0
#include "classify/classifier.h"

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>
#include <utility>

#include "classify/address_rules.h"
#include "classify/host_map.h"
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
    if (full_name && !rule.cname_target && rule.origin != Origin::feed)
      hosts.push_back({rule.service, rule.text, rule.legacy});
  }
  std::ranges::sort(hosts, {}, [](const ConfiguredHost& host) { return std::tie(host.service, host.host); });
  return hosts;
}

std::vector<HostMap<Cloud>::Entry> foreign_hosts(const Catalog& catalog, Cloud own) {
  std::vector<HostMap<Cloud>::Entry> hosts;
  for (const CatalogEntry& entry : catalog.entries) {
    const auto* const host = std::get_if<HostPattern>(&entry.target);
    if (host && entry.cloud != own && entry.cloud != Cloud::all && !entry.cname_target)
      hosts.emplace_back(*host, entry.cloud);
  }
  return hosts;
}

std::vector<HostMap<EndpointDemand>::Entry> demands(const ClassifyOptions& options) {
  std::vector<HostMap<EndpointDemand>::Entry> hosts;
  for (const HostPattern& host : options.private_endpoints) hosts.emplace_back(host, EndpointDemand::private_endpoint);
  for (const HostPattern& host : options.public_endpoints) hosts.emplace_back(host, EndpointDemand::public_endpoint);
  return hosts;
}

}  // namespace

// Behind a pointer because the tables hold views into the rules.
struct Classifier::Compiled {
  Compiled(RuleSet set, const Catalog& catalog, const ClassifyOptions& options, TagTable tag_table)
      : configured_hosts(named_hosts(set)),
        rules(std::move(set.rules)),
        replaced_by(std::move(set.replaced_by)),
        services(service_names(options)),
        hosts(rules, set.targets),
        addresses(rules, set.targets),
        foreign(foreign_hosts(catalog, options.cloud)),
        endpoint_demands(demands(options)),
        tags(std::move(tag_table)) {}

  [[nodiscard]] Match match(RuleIndex index, std::uint16_t port) const {
    if (index == kNoRule) return {};
    const Rule& rule = rules[index];
    return {rule.service, rule.function, rule.legacy, rule.expects(port), rule.text, rule.untagged};
  }

  std::vector<ConfiguredHost> configured_hosts;  // moving a vector leaves its elements where they are
  std::vector<Rule> rules;
  std::map<std::string, std::string, std::less<>> replaced_by;
  std::vector<std::string> services;
  HostRules hosts;
  AddressRules addresses;
  HostMap<Cloud> foreign;
  HostMap<EndpointDemand> endpoint_demands;
  TagTable tags;
};

Classifier::Classifier(std::unique_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
Classifier::Classifier(Classifier&&) noexcept = default;
Classifier& Classifier::operator=(Classifier&&) noexcept = default;
Classifier::~Classifier() = default;

Result<Classifier> Classifier::compile(const Catalog& catalog, const ClassifyOptions& options,
                                       const ServiceTags& tags) {
  auto rules = collect_rules(catalog, options, tags.entra_hosts);
  if (!rules) return rules.error();
  auto table = TagTable::make(tags.tags);
  if (!table) return table.error();
  return Classifier(std::make_unique<const Compiled>(std::move(*rules), catalog, options, std::move(*table)));
}

Match Classifier::by_name(std::string_view host, std::uint16_t port) const {
  HostName name;
  if (!name.assign(host)) return {};
  return compiled_->match(compiled_->hosts.find(name, port), port);
}

Match Classifier::by_address(const IpAddress& address, std::uint16_t port) const {
  return compiled_->match(compiled_->addresses.find(address, port), port);
}

std::optional<Cloud> Classifier::other_cloud(std::string_view host) const {
  const Cloud* const cloud = compiled_->foreign.find(host);
  return cloud ? std::optional(*cloud) : std::nullopt;
}

EndpointDemand Classifier::endpoint_demand(std::string_view host) const {
  const EndpointDemand* const demand = compiled_->endpoint_demands.find(host);
  return demand ? *demand : EndpointDemand::none;
}

TagMatch Classifier::by_service_tag(const IpAddress& address) const { return compiled_->tags.find(address); }

bool Classifier::outside_service_tag(const Match& match, const IpAddress& address) const {
  if (match.untagged || !compiled_->tags.covers(match.service)) return false;
  if (address.is_private() || address.is_loopback() || address.is_unspecified()) return false;
  return compiled_->tags.find(address).service != match.service;
}

std::string_view Classifier::replacement_of(std::string_view rule) const {
  const auto known = compiled_->replaced_by.find(rule);
  return known == compiled_->replaced_by.end() ? std::string_view() : known->second;
}

std::span<const std::string> Classifier::services() const { return compiled_->services; }

std::string_view Classifier::service_name(ServiceId service) const {
  return compiled_->services[service < compiled_->services.size() ? service : kOtherService];
}

std::span<const ConfiguredHost> Classifier::configured_hosts() const { return compiled_->configured_hosts; }

}  // namespace egresswatch::classify
