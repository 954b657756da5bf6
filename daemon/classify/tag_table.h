// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "classify/prefix_table.h"
#include "egresswatch/model/service_tags.h"

namespace egresswatch::classify {

// The tag that an address is in. `tag` lives as long as the table; empty if there is none.
struct TagMatch {
  ServiceId service = kOtherService;
  std::string_view tag;
  bool operator==(const TagMatch&) const = default;
};

// Service tags, compiled for lookups by address. Immutable; a lookup neither allocates nor fails.
class TagTable {
 public:
  // Tags of one service may share prefixes, as the global and the regional ones of a real file do. Tags of two services
  // may not: the table would contradict itself.
  static Result<TagTable> make(const std::vector<ServiceTag>& tags);

  // By the longest prefix. Of tags with the same prefix the one with the longest name is told: the region.
  [[nodiscard]] TagMatch find(const IpAddress& address) const;

  // Whether there is a tag with all addresses of the service, so that an address outside means something.
  [[nodiscard]] bool covers(ServiceId service) const { return service < covered_.size() && covered_[service]; }

 private:
  struct Tag {
    std::string name;
    ServiceId service;
  };

  using Covered = std::array<bool, kFirstUserService>;

  TagTable(std::vector<Tag> tags, std::vector<std::uint32_t> tag_of, PrefixTable prefixes, const Covered& covered)
      : tags_(std::move(tags)), tag_of_(std::move(tag_of)), prefixes_(std::move(prefixes)), covered_(covered) {}

  std::vector<Tag> tags_;
  std::vector<std::uint32_t> tag_of_;  // of each prefix
  PrefixTable prefixes_;
  Covered covered_;
};

}  // namespace egresswatch::classify
