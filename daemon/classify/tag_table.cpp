// SPDX-License-Identifier: Apache-2.0
#include "classify/tag_table.h"

#include <algorithm>
#include <functional>

namespace egresswatch::classify {
namespace {

std::vector<const ServiceTag*> longest_name_first(const std::vector<ServiceTag>& tags) {
  std::vector<const ServiceTag*> sorted;
  sorted.reserve(tags.size());
  for (const ServiceTag& tag : tags) sorted.push_back(&tag);
  std::ranges::stable_sort(sorted, std::ranges::greater{}, [](const ServiceTag* tag) { return tag->name.size(); });
  return sorted;
}

// The narrowest of the other prefixes that hold all of this one.
PrefixTable::Index around(const PrefixTable& table, const std::vector<IpPrefix>& prefixes, PrefixTable::Index inner) {
  bool passed = false;
  return table.first(prefixes[inner].address, [&](PrefixTable::Index found) {
    if (found != inner) return passed;
    passed = true;
    return false;
  });
}

}  // namespace

Result<TagTable> TagTable::make(const std::vector<ServiceTag>& tags) {
  std::vector<Tag> known;
  std::vector<std::uint32_t> tag_of;
  std::vector<IpPrefix> prefixes;
  Covered covered{};
  for (const ServiceTag* tag : longest_name_first(tags)) {
    if (tag->service == kOtherService || tag->service >= kFirstUserService)
      return Error{"service tag " + tag->name + " stands for a service that is not built in"};
    if (!tag->partial && !tag->prefixes.empty()) covered[tag->service] = true;
    prefixes.insert(prefixes.end(), tag->prefixes.begin(), tag->prefixes.end());
    tag_of.resize(prefixes.size(), static_cast<std::uint32_t>(known.size()));
    known.push_back({tag->name, tag->service});
  }

  PrefixTable table(prefixes);
  for (PrefixTable::Index inner = 0; inner < prefixes.size(); ++inner) {
    const PrefixTable::Index outer = around(table, prefixes, inner);
    if (outer == PrefixTable::kNone) continue;
    const Tag& tag = known[tag_of[inner]];
    const Tag& other = known[tag_of[outer]];
    if (tag.service == other.service) continue;
    return Error{"service tag " + tag.name + ": " + prefixes[inner].to_string() + " is also in " +
                 prefixes[outer].to_string() + " of " + other.name + ", which stands for another service"};
  }
  return TagTable(std::move(known), std::move(tag_of), std::move(table), covered);
}

TagMatch TagTable::find(const IpAddress& address) const {
  const auto found = prefixes_.first(address, [](PrefixTable::Index) { return true; });
  if (found == PrefixTable::kNone) return {};
  const Tag& tag = tags_[tag_of_[found]];
  return {tag.service, tag.name};
}

}  // namespace egresswatch::classify
