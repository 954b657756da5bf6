// SPDX-License-Identifier: Apache-2.0
// Rules as large customers have them, and the names and addresses that are looked up, for whoever measures
// classification.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "classify/classifier.h"
#include "classify/embedded_catalog.h"
#include "classify/policy.h"
#include "config/config.h"

namespace egresswatch::bench {

inline constexpr std::size_t kKeys = 4096;
inline constexpr std::size_t kPatterns = 10'000;
inline constexpr std::size_t kPrefixes = 100'000;

template <typename Value>
Value must(Result<Value> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(1);
}

inline Catalog builtin_catalog() { return must(config::parse_catalog(classify::embedded_catalog(), "catalog.yaml")); }

// The services of many customers, on a few domains: half of the patterns are wildcards.
inline std::string domain(std::size_t i) {
  return "tenant-" + std::to_string(i) + ".region" + std::to_string(i % 60) + ".cloud-" + std::to_string(i % 7) +
         ".example";
}

inline ClassifyOptions many_patterns() {
  ClassifyOptions options;
  options.services.resize(1);
  options.services[0].name = "many";
  for (std::size_t i = 0; i < kPatterns; ++i)
    options.services[0].hosts.push_back(*HostPattern::parse((i % 2 == 0 ? "*." : "") + domain(i)));
  return options;
}

// Many and in random order, so that neither caches nor the branch predictor learn them by heart.
inline std::vector<std::string> names(const std::function<std::string(std::size_t)>& make) {
  std::mt19937 random(1);
  std::vector<std::string> result;
  for (std::size_t i = 0; i < kKeys; ++i) result.push_back(make(random()));
  return result;
}

inline IpAddress random_address(std::mt19937& random) {
  const auto bits = static_cast<std::uint32_t>(random());
  return IpAddress::v4(static_cast<std::uint8_t>(bits >> 24), static_cast<std::uint8_t>(bits >> 16),
                       static_cast<std::uint8_t>(bits >> 8), static_cast<std::uint8_t>(bits));
}

// Of lengths /8 to /32, as a list of a cloud's ranges has them.
inline ClassifyOptions many_prefixes() {
  std::mt19937 random(2);
  ClassifyOptions options;
  options.services.resize(1);
  options.services[0].name = "many";
  auto& prefixes = options.services[0].addresses;
  while (prefixes.size() < kPrefixes) {
    const unsigned length = IpPrefix::kMappedBits + 8 + static_cast<unsigned>(random() % 25);
    prefixes.push_back({IpPrefix::mask(random_address(random), length), static_cast<std::uint8_t>(length)});
    if (prefixes.size() < kPrefixes) continue;
    std::ranges::sort(prefixes);
    prefixes.erase(std::ranges::unique(prefixes).begin(), prefixes.end());
  }
  return options;
}

// 10,000 patterns and 100,000 prefixes in the rules of 100 units.
inline classify::Policy large_policy() {
  constexpr std::size_t kUnits = 100;
  PolicyOptions options;
  options.mode = PolicyMode::flag;
  options.sections.resize(kUnits);
  for (std::size_t i = 0; i < kUnits; ++i) {
    options.sections[i].who.unit = "unit-" + std::to_string(i) + ".service";
    options.sections[i].allow.resize(1);
  }
  const auto rule_of = [&](std::size_t i) -> PolicyRule& { return options.sections[i % kUnits].allow[0]; };
  for (std::size_t i = 0; const HostPattern& host : many_patterns().services[0].hosts)
    rule_of(i++).hosts.push_back(host);
  for (std::size_t i = 0; const IpPrefix& prefix : many_prefixes().services[0].addresses)
    rule_of(i++).addresses.push_back(prefix);
  return classify::Policy(std::move(options));
}

}  // namespace egresswatch::bench
