// SPDX-License-Identifier: Apache-2.0
#include "app/policy_lint.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include "classify/grants.h"
#include "classify/host_name.h"
#include "classify/policy.h"
#include "config/text.h"
#include "correlate/dns_cause.h"

namespace egresswatch::app {
namespace {

using classify::Grants;
using classify::Policy;

// Domains below which anybody can have a name.
constexpr std::array<std::string_view, 14> kEverybodysDomains{
    "azure.com",          "azurecontainer.io", "azureedge.net",      "azurefd.net",   "azurewebsites.net",
    "cloudapp.azure.com", "cloudapp.net",      "trafficmanager.net", "windows.net",   "core.windows.net",
    "amazonaws.com",      "cloudfront.net",    "github.io",          "googleapis.com"};
constexpr unsigned kWidestIpv4 = 8;
constexpr unsigned kWidestIpv6 = 16;
constexpr std::size_t kMisspelt = 2;          // edits
constexpr std::size_t kShortestMisspelt = 8;  // characters: two edits make any short name another

std::string line_text(std::size_t line) { return "line " + std::to_string(line); }

class Linter {
 public:
  Linter(const PolicyOptions& policy, const classify::Classifier& classifier, const ClassifyOptions& options,
         const Catalog& catalog)
      : policy_(policy), classifier_(classifier), options_(options) {
    for (const CatalogEntry& entry : catalog.entries)
      if (const auto* const host = std::get_if<HostPattern>(&entry.target);
          host && !entry.cname_target && (entry.cloud == Cloud::all || entry.cloud == options.cloud))
        known_.push_back(host->suffix);
    for (const PolicyRule& rule : policy.allow) grants_.add(Policy::kEverybody, rule);
    for (std::size_t i = 0; i < policy.sections.size(); ++i)
      for (const PolicyRule& rule : policy.sections[i].allow) grants_.add(static_cast<std::uint32_t>(i), rule);
    grants_.compile();
  }

  std::vector<PolicyFinding> run() && {
    if (!Policy(policy_).flags_anything())
      add(1, "nothing is flagged: `default` is observe everywhere, so that the rules have no effect");
    check_rules(Policy::kEverybody, policy_.allow);
    for (std::size_t i = 0; i < policy_.sections.size(); ++i) {
      check_section(i);
      check_rules(static_cast<std::uint32_t>(i), policy_.sections[i].allow);
    }
    std::ranges::stable_sort(findings_, {}, &PolicyFinding::line);
    return std::move(findings_);
  }

 private:
  void add(std::size_t line, std::string message) {
    if (findings_.size() < kMaxFindings) findings_.push_back({line, std::move(message)});
  }

  // Whether whatever fits the inner selector fits the outer one: a * of the inner one can only be met by one of the
  // outer.
  static bool covers(const PolicySelector& outer, const PolicySelector& inner) {
    const auto text_covers = [](const std::string& a, const std::string& b) {
      return a.empty() || (!b.empty() && classify::fits_glob(a, b));
    };
    return text_covers(outer.unit, inner.unit) && text_covers(outer.slice, inner.slice) &&
           text_covers(outer.container, inner.container) && text_covers(outer.process, inner.process) &&
           (!outer.uid || outer.uid == inner.uid);
  }

  void check_section(std::size_t index) {
    const PolicySection& section = policy_.sections[index];
    for (std::size_t i = 0; i < index; ++i) {
      if (!covers(policy_.sections[i].who, section.who)) continue;
      add(section.line, "never used: the section in " + line_text(policy_.sections[i].line) +
                            " comes first and fits whatever this one fits");
      return;
    }
    const PolicySelector& who = section.who;
    const bool any_unit = who.unit == "*" && who.slice.empty() && who.container.empty() && who.process.empty();
    if (any_unit && !who.uid)
      add(section.line,
          "too broad: a section for unit * is for everybody; use `default` and `allow` of the file, and "
          "no later section can be reached");
  }

  void check_rules(std::uint32_t section, const std::vector<PolicyRule>& rules) {
    for (const PolicyRule& rule : rules) {
      for (const HostPattern& host : rule.hosts) {
        check_host(rule, host);
        check_shadowed_host(section, rule, host);
      }
      // those of the host are not the user's words
      if (rule.resolvers) continue;
      for (const IpPrefix& prefix : rule.addresses) {
        check_prefix(rule, prefix);
        check_shadowed_prefix(section, rule, prefix);
      }
    }
  }

  void check_host(const PolicyRule& rule, const HostPattern& host) {
    const std::string text = host.to_string();
    const bool one_label = host.suffix.find('.') == std::string::npos;
    if (host.wildcard && (one_label || std::ranges::count(kEverybodysDomains, host.suffix) > 0)) {
      add(rule.line, text + " is too broad: anybody can have a name there");
      return;
    }
    // as if a client asked for it
    const std::string sample = host.wildcard ? host.prefix + "x." + host.suffix : host.suffix;
    const auto match = classifier_.by_name(sample, 0);
    if (correlate::in_private_link_zone(sample)) {
      add(rule.line,
          text + " is a name of DNS answers only: clients ask for the vault's own name, without privatelink");
    } else if (match.legacy) {
      add(rule.line, text + " is a retired name of " + std::string(classifier_.service_name(match.service)));
    } else if (match.service == kOtherService) {
      check_unknown_host(rule, host, text, sample);
    }
  }

  void check_unknown_host(const PolicyRule& rule, const HostPattern& host, const std::string& text,
                          const std::string& sample) {
    if (const auto cloud = classifier_.other_cloud(sample)) {
      add(rule.line, text + " is an endpoint of the cloud " + std::string(to_string(*cloud)) +
                         ", the configuration says " + std::string(to_string(options_.cloud)));
    } else if (!host.wildcard && is_vault(classifier_.by_name("x." + host.suffix, 0).service)) {
      add(rule.line, text + " covers no vault: *." + text + " does");
    } else if (const auto meant = misspelt(host.suffix)) {
      add(rule.line, text + " is no host of the catalog, did you mean " + *meant + "?");
    }
  }

  [[nodiscard]] std::optional<std::string> misspelt(std::string_view suffix) const {
    if (suffix.size() < kShortestMisspelt) return std::nullopt;
    for (const std::string& known : known_)
      if (known.size() + kMisspelt >= suffix.size() && suffix.size() + kMisspelt >= known.size() &&
          config::edit_distance(suffix, known) <= kMisspelt)
        return known;
    return std::nullopt;
  }

  void check_prefix(const PolicyRule& rule, const IpPrefix& prefix) {
    const bool v4 = prefix.address.is_v4() && prefix.length >= IpPrefix::kMappedBits;
    const unsigned widest = v4 ? IpPrefix::kMappedBits + kWidestIpv4 : kWidestIpv6;
    if (prefix.length < widest) add(rule.line, prefix.to_string() + " is too broad: a large part of all addresses");
  }

  // Whether `other` allows all that `rule` does for a destination that both name.
  static bool allows_as_much(const PolicyRule& other, const PolicyRule& rule) {
    if (!other.protocols.contains(rule.protocols)) return false;
    return other.ports.empty() || (!rule.ports.empty() && std::ranges::all_of(rule.ports, [&](std::uint16_t port) {
             return std::ranges::find(other.ports, port) != other.ports.end();
           }));
  }

  // A grant that makes this one superfluous. Of two equal ones the later is.
  static const PolicyRule* superfluous_for(std::span<const Grants::Grant> grants, std::uint32_t section,
                                           const PolicyRule& rule, bool same_pattern) {
    for (const Grants::Grant& grant : grants) {
      if (grant.rule == &rule || (grant.section != section && grant.section != Policy::kEverybody)) continue;
      if (!allows_as_much(*grant.rule, rule)) continue;
      const bool equal = same_pattern && grant.section == section && allows_as_much(rule, *grant.rule);
      if (!equal || grant.rule->line < rule.line) return grant.rule;
    }
    return nullptr;
  }

  void check_shadowed_host(std::uint32_t section, const PolicyRule& rule, const HostPattern& host) {
    // as a name, a pattern is covered by itself and by the broader ones
    const std::string text = host.to_string();
    classify::HostName name;
    if (!name.assign(text)) return;
    grants_.for_host(name, [&](std::span<const Grants::Grant> grants, std::string_view pattern) {
      const PolicyRule* const by = superfluous_for(grants, section, rule, pattern == text);
      if (!by) return false;
      add(rule.line, text + " is allowed by " + std::string(pattern) + " in " + line_text(by->line) + " already");
      return true;
    });
  }

  void check_shadowed_prefix(std::uint32_t section, const PolicyRule& rule, const IpPrefix& prefix) {
    const std::string text = prefix.to_string();
    grants_.for_address(prefix.address, [&](std::span<const Grants::Grant> grants, std::string_view pattern) {
      const auto other = IpPrefix::parse(pattern);
      if (!other || other->length > prefix.length) return false;
      const PolicyRule* const by = superfluous_for(grants, section, rule, pattern == text);
      if (!by) return false;
      add(rule.line, text + " is allowed by " + std::string(pattern) + " in " + line_text(by->line) + " already");
      return true;
    });
  }

  const PolicyOptions& policy_;
  const classify::Classifier& classifier_;
  const ClassifyOptions& options_;
  std::vector<std::string> known_;  // hosts and suffixes of the catalog
  Grants grants_;
  std::vector<PolicyFinding> findings_;
};

}  // namespace

std::vector<PolicyFinding> lint_policy(const PolicyOptions& policy, const classify::Classifier& classifier,
                                       const ClassifyOptions& options, const Catalog& catalog) {
  return Linter(policy, classifier, options, catalog).run();
}

}  // namespace egresswatch::app
