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

#include "classify/classifier.h"
#include "classify/embedded_catalog.h"
#include "config/config.h"

namespace {

using egresswatch::Catalog;
using egresswatch::ClassifyOptions;
using egresswatch::HostPattern;
using egresswatch::IpAddress;
using egresswatch::IpPrefix;
using egresswatch::classify::Classifier;

constexpr int kRounds = 40;
constexpr std::size_t kKeys = 4096;
constexpr int kLookupsPerRound = 8 * static_cast<int>(kKeys);
constexpr std::size_t kPatterns = 10'000;
constexpr std::size_t kPrefixes = 100'000;

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

template <typename Value>
Value must(egresswatch::Result<Value> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(1);
}

Catalog catalog() {
  return must(egresswatch::config::parse_catalog(egresswatch::classify::embedded_catalog(), "catalog.yaml"));
}

// The services of many customers, on a few domains: half of the patterns are wildcards.
std::string domain(std::size_t i) {
  return "tenant-" + std::to_string(i) + ".region" + std::to_string(i % 60) + ".cloud-" + std::to_string(i % 7) +
         ".example";
}

ClassifyOptions many_patterns() {
  ClassifyOptions options;
  options.services.resize(1);
  options.services[0].name = "many";
  for (std::size_t i = 0; i < kPatterns; ++i)
    options.services[0].hosts.push_back(*HostPattern::parse((i % 2 == 0 ? "*." : "") + domain(i)));
  return options;
}

std::vector<std::string> names(const std::function<std::string(std::size_t)>& make) {
  std::mt19937 random(1);
  std::vector<std::string> result;
  for (std::size_t i = 0; i < kKeys; ++i) result.push_back(make(random()));
  return result;
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

IpAddress random_address(std::mt19937& random) {
  const auto bits = static_cast<std::uint32_t>(random());
  return IpAddress::v4(static_cast<std::uint8_t>(bits >> 24), static_cast<std::uint8_t>(bits >> 16),
                       static_cast<std::uint8_t>(bits >> 8), static_cast<std::uint8_t>(bits));
}

// Of lengths /8 to /32, as a list of a cloud's ranges has them.
ClassifyOptions many_prefixes() {
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

void measure_addresses(const char* title, const Classifier& classifier) {
  std::mt19937 random(3);
  std::vector<IpAddress> addresses;
  for (std::size_t i = 0; i < kKeys; ++i) addresses.push_back(random_address(random));
  measure(title, [&](int lookups) {
    std::size_t sum = 0;
    for (int i = 0; i < lookups; ++i)
      sum += classifier.by_address(addresses[static_cast<std::size_t>(i) % kKeys], 443).service;
    return sum;
  });
}

}  // namespace

int main() {
  const Catalog builtin = catalog();
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

  measure_addresses("built-in catalog, unknown addresses", plain);
  measure_addresses("100,000 prefixes of 25 lengths, random addresses",
                    must(Classifier::compile(builtin, many_prefixes())));
  return 0;
}
