// SPDX-License-Identifier: Apache-2.0
#include "base/keyed_hash.h"

#include <sys/random.h>

#include <array>
#include <cstddef>
#include <cstring>

namespace egresswatch {
namespace {

__extension__ using Uint128 = unsigned __int128;

struct HashKey {
  std::array<std::uint64_t, 3> words{0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9};

  // Should the kernel have no randomness, which it always has once it has booted, the constants remain.
  HashKey() {
    std::array<std::uint64_t, 3> random{};
    if (::getrandom(random.data(), sizeof random, 0) != static_cast<ssize_t>(sizeof random)) return;
    for (std::size_t i = 0; i < words.size(); ++i) words[i] ^= random[i];
  }
};

// Both halves of the product depend on every bit of both factors.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  const Uint128 product = static_cast<Uint128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t load(const char* from) {
  std::uint64_t word = 0;
  std::memcpy(&word, from, sizeof word);
  return word;
}

}  // namespace

std::uint64_t keyed_hash(std::string_view bytes) {
  static const HashKey key;
  std::uint64_t state = key.words[0] ^ bytes.size();
  while (bytes.size() > 16) {
    state = mix(load(bytes.data()) ^ key.words[1], load(bytes.data() + 8) ^ state);
    bytes.remove_prefix(16);
  }
  char padded[16] = {};
  const char* tail = bytes.data();
  if (bytes.size() < sizeof padded) {  // an address is as long as that
    if (!bytes.empty()) std::memcpy(padded, bytes.data(), bytes.size());
    tail = padded;
  }
  state = mix(load(tail) ^ key.words[1], load(tail + 8) ^ state);
  return mix(state ^ key.words[2], key.words[1]);
}

}  // namespace egresswatch
