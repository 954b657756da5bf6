// SPDX-License-Identifier: Apache-2.0
#include "classify/policy.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "classify/grants.h"
#include "classify/host_name.h"

namespace egresswatch::classify {

bool fits_glob(std::string_view pattern, std::string_view text) {
  // where to go on after the last *, if what follows it does not fit
  std::size_t retry_pattern = std::string_view::npos;
  std::size_t retry_text = 0;
  std::size_t p = 0;
  std::size_t t = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      retry_pattern = ++p;
      retry_text = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (retry_pattern != std::string_view::npos) {
      p = retry_pattern;
      t = ++retry_text;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

namespace {

using SectionId = Policy::SectionId;

bool has_ports(PolicyProtocol protocol) { return protocol != PolicyProtocol::icmp && protocol != PolicyProtocol::raw; }

bool fits(const PolicySelector& who, const Subject& subject) {
  const auto text_fits = [](const std::string& pattern, std::string_view text) {
    return pattern.empty() || fits_glob(pattern, text);
  };
  if (!text_fits(who.unit, subject.unit) || !text_fits(who.slice, subject.slice) ||
      !text_fits(who.process, subject.process))
    return false;
  if (!who.container.empty()) {
    const bool named = !subject.container_name.empty() && fits_glob(who.container, subject.container_name);
    const bool numbered = !subject.container_id.empty() && fits_glob(who.container, subject.container_id);
    if (!named && !numbered) return false;
  }
  return !who.uid || (subject.uid_known && *who.uid == subject.uid);
}

bool is_plain(const std::string& pattern) { return !pattern.empty() && pattern.find('*') == std::string::npos; }

// Which services the rules of one section allow.
struct ServiceGrant {
  ServiceId service;
  const PolicyRule* rule;
};

}  // namespace

struct Policy::Compiled {
  explicit Compiled(PolicyOptions from) : options(std::move(from)) {
    add_rules(kEverybody, options.allow, everybody);
    services.resize(options.sections.size());
    for (SectionId id = 0; id < options.sections.size(); ++id) {
      const PolicySection& section = options.sections[id];
      add_rules(id, section.allow, services[id]);
      if (is_plain(section.who.unit))
        by_unit[section.who.unit].push_back(id);
      else
        by_pattern.push_back(id);
    }
    grants.compile();
  }

  void add_rules(SectionId id, const std::vector<PolicyRule>& rules, std::vector<ServiceGrant>& services_of_section) {
    for (const PolicyRule& rule : rules) {
      for (const ServiceId service : rule.services) services_of_section.push_back({service, &rule});
      grants.add(id, rule);
    }
  }

  // Narrows the judgement by one rule that names the destination; true if it allows it.
  static bool weigh(const PolicyRule& rule, const Contact& contact, bool by_service, Judgement& judgement) {
    if (!rule.protocols.contains(contact.protocol)) return false;
    bool port_fits = !has_ports(contact.protocol);
    if (rule.ports.empty())
      port_fits = port_fits || !by_service || contact.port_expected;
    else
      port_fits = port_fits || std::ranges::find(rule.ports, contact.port) != rule.ports.end();
    if (port_fits) {
      judgement = {Unexpected::none, rule.line};
    } else if (judgement.reason == Unexpected::not_in_policy) {
      judgement = {Unexpected::wrong_port, rule.line};
    }
    return port_fits;
  }

  static bool weigh_services(std::span<const ServiceGrant> of_section, const Contact& contact, Judgement& judgement) {
    return std::ranges::any_of(of_section, [&](const ServiceGrant& grant) {
      return grant.service == contact.service && weigh(*grant.rule, contact, true, judgement);
    });
  }

  PolicyOptions options;
  Grants grants;
  std::vector<ServiceGrant> everybody;
  std::vector<std::vector<ServiceGrant>> services;  // by section
  // Sections for one unit by its name, the others in the order of the policy; each list ascends.
  boost::unordered_flat_map<std::string_view, std::vector<SectionId>> by_unit;
  std::vector<SectionId> by_pattern;
};

Policy::Policy(PolicyOptions options) : compiled_(std::make_unique<const Compiled>(std::move(options))) {}
Policy::Policy(Policy&&) noexcept = default;
Policy& Policy::operator=(Policy&&) noexcept = default;
Policy::~Policy() = default;

const PolicyOptions& Policy::options() const { return compiled_->options; }

Policy::SectionId Policy::section_of(const Subject& subject) const {
  const auto first_fit = [&](std::span<const SectionId> candidates, SectionId before) {
    for (const SectionId id : candidates) {
      if (id >= before) break;
      if (fits(compiled_->options.sections[id].who, subject)) return id;
    }
    return before;
  };
  SectionId found = kEverybody;
  if (const auto own = compiled_->by_unit.find(subject.unit); own != compiled_->by_unit.end())
    found = first_fit(own->second, found);
  return first_fit(compiled_->by_pattern, found);
}

bool Policy::flags(SectionId section) const {
  const PolicyOptions& options = compiled_->options;
  const PolicyMode mode = section == kEverybody ? options.mode : options.sections[section].mode.value_or(options.mode);
  return mode == PolicyMode::flag;
}

bool Policy::flags_anything() const {
  const PolicyOptions& options = compiled_->options;
  return options.mode == PolicyMode::flag || std::ranges::any_of(options.sections, [](const PolicySection& section) {
           return section.mode == PolicyMode::flag;
         });
}

Policy::Judgement Policy::judge(SectionId section, const Contact& contact) const {
  Judgement judgement{Unexpected::not_in_policy, 0};
  const Compiled& policy = *compiled_;
  if (contact.service != kOtherService) {
    if (section != kEverybody && Compiled::weigh_services(policy.services[section], contact, judgement))
      return judgement;
    if (Compiled::weigh_services(policy.everybody, contact, judgement)) return judgement;
  }
  const auto weigh_grants = [&](std::span<const Grants::Grant> grants, std::string_view /*pattern*/) {
    for (const SectionId whose : {section, kEverybody}) {
      for (auto grant = std::ranges::lower_bound(grants, whose, {}, &Grants::Grant::section);
           grant != grants.end() && grant->section == whose; ++grant)
        if (Compiled::weigh(*grant->rule, contact, false, judgement)) return true;
      if (section == kEverybody) break;
    }
    return false;
  };
  HostName name;
  if (!contact.host.empty() && name.assign(contact.host)) policy.grants.for_host(name, weigh_grants);
  if (judgement.reason != Unexpected::none && contact.address)
    policy.grants.for_address(*contact.address, weigh_grants);
  return judgement;
}

}  // namespace egresswatch::classify
