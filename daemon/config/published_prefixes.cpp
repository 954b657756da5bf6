// SPDX-License-Identifier: Apache-2.0
#include "config/published_prefixes.h"

#include <algorithm>

#include "config/text.h"

namespace egresswatch::config {
namespace {

// Wider than any service has; ::/0 would even hold all of IPv4, which is mapped into it.
constexpr unsigned kMinIpv4Bits = 8;
constexpr unsigned kMinIpv6Bits = 16;

bool too_wide(const IpPrefix& prefix) {
  return prefix.length < (prefix.address.is_v4() ? IpPrefix::kMappedBits + kMinIpv4Bits : kMinIpv6Bits);
}

}  // namespace

std::optional<std::string> add_published_prefix(std::string_view text, std::vector<IpPrefix>& prefixes) {
  std::string_view problem;
  const auto prefix = IpPrefix::parse(text, &problem);
  if (prefix && !too_wide(*prefix)) {
    prefixes.push_back(*prefix);
    return std::nullopt;
  }
  if (prefix) problem = "shorter than /8, or /16 for IPv6: no service has that much";
  return "expected an address or prefix (" + std::string(problem) + "), found " + in_quotes(text);
}

std::optional<std::string> overlap_within(std::vector<IpPrefix>& prefixes) {
  // a wider prefix comes right before one of those inside it
  std::ranges::sort(prefixes);
  const auto inside = [](const IpPrefix& outer, const IpPrefix& inner) { return outer.covers(inner.address); };
  const auto outer = std::ranges::adjacent_find(prefixes, inside);
  if (outer == prefixes.end()) return std::nullopt;
  const IpPrefix& inner = *(outer + 1);
  if (inner == *outer) return inner.to_string() + " is there twice";
  return inner.to_string() + " is also in " + outer->to_string();
}

}  // namespace egresswatch::config
