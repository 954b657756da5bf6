// SPDX-License-Identifier: Apache-2.0
// The compiled tables give what trying every rule gives.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "builtin_catalog.h"

namespace egresswatch::classify {
namespace {

class Random {
 public:
  std::size_t below(std::size_t n) { return engine_() % n; }
  // Few letters and labels, so that names and patterns meet often; labels up to three words long.
  std::string name(std::size_t max_labels) {
    std::string text;
    for (std::size_t labels = 1 + below(max_labels); labels > 0; --labels) {
      if (!text.empty()) text += '.';
      const std::size_t repeats = below(8) == 0 ? 7 + below(11) : 1;
      text += std::string(repeats, static_cast<char>('a' + below(3)));
    }
    return text;
  }

 private:
  std::mt19937 engine_{7};
};

bool matches(const HostPattern& pattern, const std::string& host) {
  if (!pattern.wildcard) return host == pattern.suffix;
  if (host.size() <= pattern.suffix.size() + 1 || !host.ends_with("." + pattern.suffix)) return false;
  return pattern.prefix.empty() || (host.starts_with(pattern.prefix) && host.find('.') > pattern.prefix.size());
}

TEST(AgainstNaive, Names) {
  Random random;
  ClassifyOptions options;
  options.services.resize(1);
  options.services[0].name = "mine";
  auto& patterns = options.services[0].hosts;
  while (patterns.size() < 300) {
    constexpr std::string_view kForms[] = {"", "*.", "a*.", "ab*.", "aa*."};
    const auto pattern = HostPattern::parse(std::string(kForms[random.below(5)]) + random.name(3)).value();
    if (std::ranges::find(patterns, pattern) == patterns.end()) patterns.push_back(pattern);
  }
  const Classifier classifier = compiled({}, options);
  std::size_t matched = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::string host = random.name(5);
    const HostPattern* best = nullptr;
    const auto rank = [](const HostPattern& p) { return std::tuple(!p.wildcard, p.suffix.size(), p.prefix.size()); };
    for (const HostPattern& pattern : patterns)
      if (matches(pattern, host) && (!best || rank(pattern) > rank(*best))) best = &pattern;
    EXPECT_EQ(classifier.by_name(host, 443).rule, best ? best->to_string() : "") << host;
    matched += best != nullptr;
  }
  EXPECT_GT(matched, 1'000U);
  EXPECT_LT(matched, 9'800U);
}

TEST(AgainstNaive, Addresses) {
  Random random;
  const auto address = [&] {
    IpAddress made = random.below(2) == 0 ? IpAddress::v4(10, 0, 0, 0) : IpAddress::parse("2001:db8::").value();
    for (std::size_t at = 12; at < 16; ++at)
      made.bytes[at] = static_cast<std::uint8_t>(std::size_t{0x55} * random.below(4));
    return made;
  };
  struct Known {
    IpPrefix prefix;
    std::uint16_t port;
  };
  std::vector<Known> known;
  ClassifyOptions options;
  while (known.size() < 300) {
    // now and then a very wide one, which holds most others
    const std::size_t length = random.below(20) == 0 ? random.below(97) : 96 + random.below(33);
    const IpPrefix prefix{IpPrefix::mask(address(), static_cast<unsigned>(length)), static_cast<std::uint8_t>(length)};
    if (std::ranges::find(known, prefix, &Known::prefix) != known.end()) continue;
    const auto port = static_cast<std::uint16_t>(1 + random.below(3));
    known.push_back({prefix, port});
    options.services.push_back({"s" + std::to_string(known.size()), {}, {prefix}, {port}});
  }
  const Classifier classifier = compiled({}, options);
  std::size_t matched = 0;
  for (int i = 0; i < 10'000; ++i) {
    const IpAddress wanted = address();
    const auto port = static_cast<std::uint16_t>(random.below(5));
    const Known* best = nullptr;
    for (const Known& k : known) {
      const bool covers = IpPrefix::mask(wanted, k.prefix.length) == k.prefix.address;
      if (covers && (port == 0 || port == k.port) && (!best || k.prefix.length > best->prefix.length)) best = &k;
    }
    EXPECT_EQ(classifier.by_address(wanted, port).rule, best ? best->prefix.to_string() : "") << wanted.to_string();
    matched += best != nullptr;
  }
  EXPECT_GT(matched, 1'000U);
  EXPECT_LT(matched, 9'800U);
}

TEST(AgainstNaive, TheLastAddressesOfAll) {
  ClassifyOptions options;
  options.services = {{"wide", {}, {IpPrefix::parse("ff00::/8").value()}, {}},
                      {"last", {}, {IpPrefix::parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").value()}, {}}};
  const Classifier classifier = compiled({}, options);
  const auto service = [&](std::string_view text) {
    return classifier.service_name(classifier.by_address(IpAddress::parse(text).value(), 443).service);
  };
  EXPECT_EQ(service("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), "last");
  EXPECT_EQ(service("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"), "wide");
  EXPECT_EQ(service("feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), "other");
  EXPECT_EQ(service("::"), "other");
}

}  // namespace
}  // namespace egresswatch::classify
