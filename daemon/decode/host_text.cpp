// SPDX-License-Identifier: Apache-2.0
#include "decode/host_text.h"

#include <array>
#include <cstddef>

namespace egresswatch::decode {
namespace {

constexpr std::size_t kMaxHostName = 255;

// What each byte becomes; 0 = not in a host name.
constexpr std::array<char, 256> kFolded = [] {
  std::array<char, 256> table{};
  for (char c = 'a'; c <= 'z'; ++c) {
    table[static_cast<unsigned char>(c)] = c;
    table[static_cast<unsigned char>(c - 'a' + 'A')] = c;
  }
  for (char c = '0'; c <= '9'; ++c) table[static_cast<unsigned char>(c)] = c;
  for (const char c : {'-', '_', '.'}) table[static_cast<unsigned char>(c)] = c;
  return table;
}();

}  // namespace

std::string_view to_host_name(std::span<char> text) {
  if (text.empty() || text.size() > kMaxHostName) return {};
  char before = '.';
  for (char& c : text) {
    c = kFolded[static_cast<unsigned char>(c)];
    if (c == 0 || (c == '.' && before == '.')) return {};
    before = c;
  }
  return {text.data(), text.size() - (before == '.' ? 1 : 0)};
}

}  // namespace egresswatch::decode
