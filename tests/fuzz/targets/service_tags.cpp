// SPDX-License-Identifier: Apache-2.0
// ServiceTagsParser on any bytes, whole and in pieces.
#include "config/service_tags_file.h"
#include "fuzz/published_file.h"

using namespace egresswatch;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto tags = fuzz::parse_both_ways<config::ServiceTagsParser>(fuzz::published_file(data, size));
  if (!tags) return 0;
  require(!tags->tags.empty() && tags->tags.size() <= config::kMaxTags, "there are tags, in a bounded number");
  fuzz::require_sound(tags->tags);
  return 0;
}
