// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Names of processes, units and hosts are bytes that somebody else chose. Before they become text of ours, they are
// made valid UTF-8 here.
namespace egresswatch::utf8 {

struct Decoded {
  std::size_t length = 0;  // bytes taken, at least 1 unless the text is empty
  char32_t code_point = 0;
  bool valid = false;
};

// The first character of text. What is not well-formed (Unicode 15, table 3-7) is taken as its longest valid prefix or
// one byte, so that decoding always goes on and never swallows a good character behind a bad one.
constexpr Decoded decode_first(std::string_view text) {
  if (text.empty()) return {};
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {1, lead, true};

  std::size_t length = 0;
  unsigned char low = 0x80;  // limits of the second byte: no overlong form, no surrogate, nothing above U+10FFFF
  unsigned char high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return {1, lead, false};
  }

  auto code_point = static_cast<char32_t>(lead & (0x7Fu >> length));
  for (std::size_t i = 1; i < length; ++i) {
    if (i == text.size() || byte(i) < low || byte(i) > high) return {i, lead, false};
    code_point = (code_point << 6) | (byte(i) & 0x3Fu);
    low = 0x80;
    high = 0xBF;
  }
  return {length, code_point, true};
}

// C0, DEL and C1: a terminal or a line-based format may act on them.
constexpr bool is_control(char32_t code_point) {
  return code_point < 0x20 || (code_point >= 0x7F && code_point <= 0x9F);
}

inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// text without control characters and invalid bytes (each becomes U+FFFD), at most max_bytes long and cut between
// characters. Text that is fine already is returned as it is; otherwise the result is a view of scratch.
inline std::string_view clean(std::string_view text, std::size_t max_bytes, std::string& scratch) {
  bool fine = text.size() <= max_bytes;
  for (std::size_t i = 0; fine && i < text.size(); ++i) fine = text[i] >= 0x20 && text[i] < 0x7F;
  if (fine) return text;

  scratch.clear();
  while (!text.empty()) {
    const Decoded next = decode_first(text);
    const bool keep = next.valid && !is_control(next.code_point);
    const std::string_view piece = keep ? text.substr(0, next.length) : kReplacement;
    if (scratch.size() + piece.size() > max_bytes) break;
    scratch += piece;
    text.remove_prefix(next.length);
  }
  return scratch;
}

}  // namespace egresswatch::utf8
