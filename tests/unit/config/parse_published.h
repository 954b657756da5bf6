// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "egresswatch/model/service.h"

namespace egresswatch::config {

// What one of the parsers of published files makes of a text that comes in pieces of this size.
template <typename Parser>
auto parse_published(std::string_view text, Cloud cloud, std::size_t piece = SIZE_MAX)
    -> decltype(Parser("", cloud).finish()) {
  Parser parser("file.json", cloud);
  for (std::size_t at = 0; at < text.size(); at += std::min(piece, text.size() - at))
    if (auto fed = parser.feed(text.substr(at, piece)); !fed) return fed.error();
  return parser.finish();
}

// The message of the refusal; empty if the text was accepted.
template <typename Parser>
std::string refusal_of(std::string_view text, Cloud cloud) {
  const auto file = parse_published<Parser>(text, cloud);
  return file ? "" : file.error().message;
}

}  // namespace egresswatch::config
