// SPDX-License-Identifier: Apache-2.0
// What one lookup costs: names among the built-in catalog and among 10,000 patterns, addresses among 100,000 prefixes.
// The keys are many and in random order, so that neither caches nor the branch predictor learn them by heart. Prints
// the best round of each, which disturbs least.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "bench/classify_inputs.h"
#include "classify/classifier.h"
#include "classify/policy.h"

namespace {

using egresswatch::BuiltinService;
using egresswatch::Catalog;
using egresswatch::ClassifyOptions;
using egresswatch::IpAddress;
using egresswatch::IpPrefix;
using egresswatch::ServiceTags;
using egresswatch::bench::domain;
using egresswatch::bench::kKeys;
using egresswatch::bench::kPatterns;
using egresswatch::bench::large_policy;
using egresswatch::bench::many_patterns;
using egresswatch::bench::many_prefixes;
using egresswatch::bench::must;
using egresswatch::bench::names;
using egresswatch::bench::random_address;
using egresswatch::classify::Classifier;
using egresswatch::classify::Policy;

constexpr int kRounds = 40;
constexpr int kLookupsPerRound = 8 * static_cast<int>(kKeys);

volatile std::size_t g_sink;

void measure(const char* title, const std::function<std::size_t(int lookups)>& lookup_many) {
  double best_ns = std::numeric_limits<double>::max();
  for (int round = 0; round < kRounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    g_sink = lookup_many(kLookupsPerRound);
    const auto end = std::chrono::steady_clock::now();
    best_ns = std::min(best_ns, std::chrono::duration<double, std::nano>(end - begin).count() / kLookupsPerRound);
  }
  std::printf("%-58s %6.1f ns\n", title, best_ns);
}

void measure_names(const char* title, const Classifier& classifier, bool known, const std::vector<std::string>& hosts) {
  for (const std::string& host : hosts) {
    if ((classifier.by_name(host, 443).service != egresswatch::kOtherService) == known) continue;
    std::fprintf(stderr, "%s: %s\n", title, host.c_str());
    std::exit(1);
  }
  measure(title, [&](int lookups) {
    std::size_t sum = 0;
    for (int i = 0; i < lookups; ++i)
      sum += classifier.by_name(hosts[static_cast<std::size_t>(i) % kKeys], 443).service;
    return sum;
  });
}

// As many tags as Key Vault has regions.
ServiceTags as_tags(const ClassifyOptions& options) {
  ServiceTags tags;
  for (std::size_t i = 0; i < 70; ++i)
    tags.tags.push_back(
        {"AzureKeyVault.Region" + std::to_string(i), egresswatch::id_of(BuiltinService::key_vault), {}});
  for (std::size_t i = 0; const IpPrefix& prefix : options.services[0].addresses)
    tags.tags[i++ % tags.tags.size()].prefixes.push_back(prefix);
  return tags;
}

using Lookup = egresswatch::ServiceId (*)(const Classifier&, const IpAddress&);

void measure_addresses(const char* title, const Classifier& classifier, Lookup lookup) {
  std::mt19937 random(3);
  std::vector<IpAddress> addresses;
  for (std::size_t i = 0; i < kKeys; ++i) addresses.push_back(random_address(random));
  measure(title, [&](int lookups) {
    std::size_t sum = 0;
    for (int i = 0; i < lookups; ++i) sum += lookup(classifier, addresses[static_cast<std::size_t>(i) % kKeys]);
    return sum;
  });
}

// All that a connection is held against: its section, its name, then its address.
void measure_policy(const char* title, const Policy& policy, const std::vector<std::string>& hosts) {
  std::mt19937 random(3);
  std::vector<IpAddress> addresses;
  std::vector<std::string> units;
  for (std::size_t i = 0; i < kKeys; ++i) {
    addresses.push_back(random_address(random));
    units.push_back("unit-" + std::to_string(random() % 100) + ".service");
  }
  measure(title, [&](int lookups) {
    std::size_t sum = 0;
    for (int i = 0; i < lookups; ++i) {
      const std::size_t key = static_cast<std::size_t>(i) % kKeys;
      const auto section = policy.section_of({.unit = units[key], .process = "java"});
      sum += static_cast<std::size_t>(
          policy.judge(section, {.host = hosts[key], .address = &addresses[key], .port = 443}).reason);
    }
    return sum;
  });
}

}  // namespace

int main() {
  const Catalog builtin = egresswatch::bench::builtin_catalog();
  const Classifier plain = must(Classifier::compile(builtin, {}));
  const auto vault = [](std::size_t i) { return "Contoso-payments-" + std::to_string(i % 1000) + ".vault.azure.net"; };
  const auto stranger = [](std::size_t i) { return "api" + std::to_string(i % 1000) + ".shop.example.com"; };
  measure_names("built-in catalog, vaults", plain, true, names(vault));
  measure_names("built-in catalog, login host", plain, true,
                names([](std::size_t) { return "login.microsoftonline.com"; }));
  measure_names("built-in catalog, unknown names", plain, false, names(stranger));

  const Classifier many = must(Classifier::compile(builtin, many_patterns()));
  measure_names("10,000 patterns, vaults", many, true, names(vault));
  measure_names("10,000 patterns, random wildcards (5 labels)", many, true,
                names([](std::size_t i) { return "www." + domain(i % kPatterns / 2 * 2); }));
  measure_names("10,000 patterns, random exact names (4 labels)", many, true,
                names([](std::size_t i) { return domain(i % kPatterns / 2 * 2 + 1); }));
  measure_names("10,000 patterns, unknown names", many, false, names(stranger));

  const Lookup by_rule = [](const Classifier& c, const IpAddress& a) { return c.by_address(a, 443).service; };
  const Lookup by_tag = [](const Classifier& c, const IpAddress& a) { return c.by_service_tag(a).service; };
  measure_addresses("built-in catalog, unknown addresses", plain, by_rule);
  measure_addresses("100,000 prefixes of 25 lengths, random addresses",
                    must(Classifier::compile(builtin, many_prefixes())), by_rule);
  measure_addresses("100,000 prefixes of 70 service tags, random addresses",
                    must(Classifier::compile(builtin, {}, as_tags(many_prefixes()))), by_tag);
  const Policy policy = large_policy();
  measure_policy("policy of 100 units, 10,000 patterns, 100,000 prefixes", policy,
                 names([](std::size_t i) { return "www." + domain(i % kPatterns / 2 * 2); }));
  measure_policy("the same, unknown names", policy, names(stranger));
  return 0;
}
