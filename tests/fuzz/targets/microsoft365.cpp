// SPDX-License-Identifier: Apache-2.0
// Microsoft365Parser on any bytes, whole and in pieces.
#include "config/microsoft365_file.h"
#include "fuzz/published_file.h"

using namespace egresswatch;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto feed = fuzz::parse_both_ways<config::Microsoft365Parser>(fuzz::published_file(data, size));
  if (!feed) return 0;
  require(!feed->hosts.empty() && feed->hosts.size() <= 2 * config::kMaxFeedTexts,
          "there are hosts, in a bounded number");
  for (const FeedHost& host : feed->hosts)
    require(HostPattern::parse(host.pattern.to_string()) == host.pattern, "a host is a pattern");
  require(feed->tags.size() <= 2 && feed->notes.size() <= 2, "at most one tag and one note for each record");
  fuzz::require_sound(feed->tags);
  return 0;
}
