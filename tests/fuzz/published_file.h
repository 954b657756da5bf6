// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "egresswatch/model/service_tags.h"
#include "fuzz/require.h"

// A file that Microsoft publishes, for one of its parsers: the first byte chooses the cloud and how the rest is cut.
namespace egresswatch::fuzz {

struct PublishedFile {
  Cloud cloud = Cloud::public_cloud;  // of 0, 1, 2: public, china, usgov
  std::size_t piece = 1;
  std::string_view text;
};

inline PublishedFile published_file(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return {};
  return {static_cast<Cloud>(1 + data[0] % 3), 1 + data[0] / 3U, {reinterpret_cast<const char*>(data + 1), size - 1}};
}

template <typename Parser>
auto parse_in_pieces(const PublishedFile& file, std::size_t piece) -> decltype(Parser("", Cloud::all).finish()) {
  Parser parser("file", file.cloud);
  for (std::size_t at = 0; at < file.text.size(); at += piece)
    if (auto fed = parser.feed(file.text.substr(at, piece)); !fed) return fed.error();
  return parser.finish();
}

// However the text is cut, the result is the same; only the column of a broken character depends on where it is cut.
template <typename Parser>
auto parse_both_ways(const PublishedFile& file) {
  auto whole = parse_in_pieces<Parser>(file, SIZE_MAX / 2);
  const auto cut = parse_in_pieces<Parser>(file, file.piece);
  require(whole.has_value() == cut.has_value(), "a cut text is accepted as the whole one is");
  if (whole) require(*whole == *cut, "a cut text gives what the whole one gives");
  if (!whole) require(whole.error().message.size() < 1000, "a message has a bounded length");
  return whole;
}

inline void require_sound(const std::vector<ServiceTag>& tags) {
  for (const ServiceTag& tag : tags) {
    require(tag.service > kOtherService && tag.service < kFirstUserService, "a tag stands for a built-in service");
    require(!tag.name.empty(), "a tag has a name");
    for (std::size_t i = 0; i < tag.prefixes.size(); ++i) {
      const IpPrefix& prefix = tag.prefixes[i];
      require(prefix.length <= IpPrefix::kAddressBits && prefix.covers(prefix.address), "a prefix is one");
      require(i == 0 || !tag.prefixes[i - 1].covers(prefix.address), "no prefix of a tag is inside another one");
    }
  }
}

}  // namespace egresswatch::fuzz
