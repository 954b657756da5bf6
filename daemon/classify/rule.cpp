// SPDX-License-Identifier: Apache-2.0
#include "classify/rule.h"

#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace egresswatch::classify {
namespace {

// Where a built-in service is reached, for hosts that users add to it.
Ports default_ports(BuiltinService service) {
  switch (service) {
    case BuiltinService::revocation:
    case BuiltinService::imds:
      return {80};
    case BuiltinService::wireserver:
      return {80, 32526};
    default:
      return {443};
  }
}

class Collector {
 public:
  // In the order of Origin: see add().
  Result<> add_all(const Catalog& catalog, const ClassifyOptions& options, const std::vector<FeedHost>& entra_hosts) {
    for (const HostAddition& addition : options.hosts) {
      if (addition.service == kOtherService || addition.service >= kFirstUserService)
        return Error{"host " + addition.pattern.to_string() + " is added to a service that is not built in"};
      const auto service = static_cast<BuiltinService>(addition.service);
      if (auto added = add_user(addition.pattern, addition.service, default_function(service), default_ports(service));
          !added)
        return added;
    }
    ServiceId service = kFirstUserService;
    for (const ServiceDefinition& definition : options.services) {
      for (const HostPattern& host : definition.hosts)
        if (auto added = add_user(host, service, Function::none, definition.ports); !added) return added;
      for (const IpPrefix& prefix : definition.addresses)
        if (auto added = add_user(prefix, service, Function::none, definition.ports); !added) return added;
      ++service;
    }
    for (const CatalogEntry& entry : catalog.entries)
      if (entry.cloud == Cloud::all || entry.cloud == options.cloud)
        if (auto added = add_entry(entry); !added) return added;
    for (const FeedHost& host : entra_hosts)
      if (auto added = add_feed(host); !added) return added;
    return {};
  }

  RuleSet take() && { return std::move(set_); }

 private:
  Result<> add_user(Target target, ServiceId service, Function function, const Ports& ports) {
    Rule rule;
    rule.service = service;
    rule.function = function;
    rule.ports = share(ports);
    rule.origin = Origin::user;
    // an own host, such as that of AD FS, may be anywhere
    rule.untagged = true;
    return add(std::move(rule), std::move(target));
  }

  Result<> add_entry(const CatalogEntry& entry) {
    Rule rule;
    rule.ports = share(entry.ports);
    rule.service = entry.service;
    rule.function = entry.function;
    rule.legacy = entry.legacy;
    rule.cname_target = entry.cname_target;
    rule.shared = entry.shared;
    rule.untagged = entry.untagged;
    if (!entry.replaced_by.empty())
      set_.replaced_by.emplace(std::visit([](const auto& known) { return known.to_string(); }, entry.target),
                               entry.replaced_by);
    return add(std::move(rule), entry.target);
  }

  Result<> add_feed(const FeedHost& host) {
    Rule rule;
    rule.ports = share(default_ports(BuiltinService::entra));
    rule.service = id_of(BuiltinService::entra);
    rule.function = default_function(BuiltinService::entra);
    rule.untagged = host.untagged;
    rule.origin = Origin::feed;
    return add(std::move(rule), host.pattern);
  }

  Result<> add(Rule rule, Target target) {
    rule.set_text(target);
    const auto [first, inserted] = seen_.emplace(rule.text, set_.rules.size());
    if (!inserted) {
      if (set_.rules[first->second].origin == rule.origin) return Error{rule.text + " is listed twice"};
      // an address of the user may have other ports: both rules stay, the user's in front
      if (std::holds_alternative<HostPattern>(target)) return {};
    }
    set_.rules.push_back(std::move(rule));
    set_.targets.push_back(std::move(target));
    return {};
  }

  std::shared_ptr<const Ports> share(const Ports& ports) {
    auto& known = ports_[ports];
    if (!known) known = std::make_shared<const Ports>(ports);
    return known;
  }

  RuleSet set_;
  std::unordered_map<std::string, std::size_t> seen_;
  std::map<Ports, std::shared_ptr<const Ports>> ports_;
};

}  // namespace

void Rule::set_text(const Target& target) {
  text = std::visit([](const auto& known) { return known.to_string(); }, target);
  if (const std::size_t star = text.find('*'); star != std::string::npos)
    suffix_begin = static_cast<std::uint8_t>(star + 2);
}

Result<RuleSet> collect_rules(const Catalog& catalog, const ClassifyOptions& options,
                              const std::vector<FeedHost>& entra_hosts) {
  if (options.cloud == Cloud::all)
    return Error{"one cloud must be chosen: rules of several clouds contradict each other"};
  Collector collector;
  if (auto added = collector.add_all(catalog, options, entra_hosts); !added) return added.error();
  return std::move(collector).take();
}

}  // namespace egresswatch::classify
