// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// Small helpers for messages about text that somebody wrote by hand.
namespace egresswatch::config {

// The text in quotes, safe to print: control characters and bytes beyond ASCII escaped, cut after 40 bytes.
std::string in_quotes(std::string_view text);

// The offset of the first byte that is not part of well-formed UTF-8, or of the first control character other than tab,
// line feed and carriage return.
std::optional<std::size_t> first_bad_byte(std::string_view text);

// The line, from 1, of a byte.
std::size_t line_at(std::string_view text, std::size_t offset);

// How many characters to insert, drop or replace to make one of the other (Levenshtein); takes the product of the
// sizes.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate that `word` is most likely meant to be; none if all are too different.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace egresswatch::config
