// SPDX-License-Identifier: Apache-2.0
#include "cli/tag_cover.h"

#include <algorithm>
#include <cstddef>
#include <string>

namespace egresswatch::cli {
namespace {

bool covers(const IpPrefix& prefix, const IpAddress& address) {
  return IpPrefix::mask(address, prefix.length) == prefix.address;
}

std::size_t id_of_name(std::string_view service) {
  return static_cast<std::size_t>(std::ranges::find(kServiceNames, service) - kServiceNames.begin());
}

bool is_part_of(std::string_view tag, std::string_view whole) {
  return tag.size() > whole.size() && tag.starts_with(whole) && tag[whole.size()] == '.';
}

}  // namespace

std::string_view service_tag(std::string_view service) {
  if (service == to_string(BuiltinService::key_vault)) return "AzureKeyVault";
  if (service == to_string(BuiltinService::entra)) return "AzureActiveDirectory";
  if (service == to_string(BuiltinService::arm)) return "AzureResourceManager";
  return {};
}

std::vector<IpPrefix> without_contained(std::vector<IpPrefix> prefixes) {
  // of two with the same beginning the wider one comes first
  std::ranges::sort(prefixes);
  std::vector<IpPrefix> kept;
  for (const IpPrefix& prefix : prefixes)
    if (kept.empty() || !covers(kept.back(), prefix.address)) kept.push_back(prefix);
  return kept;
}

// The tag itself; where a file has only regions of it, these; else whatever else is known of the service.
TagCover::TagCover(const ServiceTags& tags) {
  for (std::size_t id = 0; id < prefixes_.size(); ++id) {
    const std::string_view name = service_tag(kServiceNames[id]);
    std::vector<IpPrefix> whole;
    std::vector<IpPrefix> parts;
    std::vector<IpPrefix> others;
    for (const ServiceTag& tag : tags.tags) {
      if (tag.service != id) continue;
      std::vector<IpPrefix>& into = tag.name == name ? whole : is_part_of(tag.name, name) ? parts : others;
      into.insert(into.end(), tag.prefixes.begin(), tag.prefixes.end());
    }
    prefixes_[id] = without_contained(!whole.empty() ? whole : !parts.empty() ? parts : others);
  }
}

std::span<const IpPrefix> TagCover::prefixes(std::string_view service) const {
  const std::size_t id = id_of_name(service);
  if (id >= prefixes_.size()) return {};
  return prefixes_[id];
}

bool TagCover::contains(std::string_view service, const IpAddress& address) const {
  const auto known = prefixes(service);
  const auto after = std::ranges::upper_bound(known, address, {}, &IpPrefix::address);
  return after != known.begin() && covers(*(after - 1), address);
}

}  // namespace egresswatch::cli
