// SPDX-License-Identifier: Apache-2.0
#include "classify/prefix_table.h"

#include <algorithm>
#include <optional>
#include <tuple>

namespace egresswatch::classify {
namespace {

constexpr std::size_t kWorthAnIndex = 256;  // ranges
constexpr unsigned kHalves = 1U << 16;

struct Block {
  IpPrefix prefix;
  PrefixTable::Index index;
};

// The address behind the prefix; none if there is no such address.
std::optional<IpAddress> end_of(const IpPrefix& prefix) {
  IpAddress end = prefix.address;
  unsigned bit = prefix.length;
  while (bit-- > 0) {
    auto& byte = end.bytes[bit / 8];
    const auto mask = static_cast<std::uint8_t>(0x80U >> (bit % 8));
    byte ^= mask;
    if ((byte & mask) != 0) return end;  // no carry
  }
  return std::nullopt;
}

}  // namespace

PrefixTable::PrefixTable(std::span<const IpPrefix> prefixes, std::span<const Index> numbers)
    : wider_(numbers.empty() ? prefixes.size() : std::size_t{numbers.back()} + 1, kNone) {
  std::vector<Block> blocks;
  blocks.reserve(prefixes.size());
  for (Index i = 0; i < prefixes.size(); ++i) blocks.push_back({prefixes[i], numbers.empty() ? i : numbers[i]});
  // Wider blocks come before those inside them. Of equal prefixes the first is tried first: it comes last.
  std::ranges::sort(blocks, [](const Block& a, const Block& b) {
    return std::tie(a.prefix.address, a.prefix.length, b.index) < std::tie(b.prefix.address, b.prefix.length, a.index);
  });

  std::vector<Block> open;  // each inside the one before it
  const auto close = [&] {
    const auto end = end_of(open.back().prefix);
    open.pop_back();
    if (end) begin_range(*end, open.empty() ? kNone : open.back().index);
  };
  for (const Block& block : blocks) {
    while (!open.empty() &&
           IpPrefix::mask(block.prefix.address, open.back().prefix.length) != open.back().prefix.address)
      close();
    if (!open.empty()) wider_[block.index] = open.back().index;
    begin_range(block.prefix.address, block.index);
    open.push_back(block);
  }
  while (!open.empty()) close();
  index_ipv4();
}

void PrefixTable::begin_range(const IpAddress& first, Index prefix) {
  if (!ranges_.empty() && ranges_.back().first == first)
    ranges_.back().prefix = prefix;
  else
    ranges_.push_back({first, prefix});
}

void PrefixTable::index_ipv4() {
  if (ranges_.size() < kWorthAnIndex) return;
  ipv4_halves_.reserve(kHalves + 1);
  std::size_t begun = 0;
  const auto add = [&](const IpAddress& address) {
    while (begun < ranges_.size() && ranges_[begun].first <= address) ++begun;
    ipv4_halves_.push_back(static_cast<std::uint32_t>(begun));
  };
  for (unsigned half = 0; half < kHalves; ++half)
    add(IpAddress::v4(static_cast<std::uint8_t>(half >> 8), static_cast<std::uint8_t>(half), 0, 0));
  add(IpAddress::v4(255, 255, 255, 255));
}

}  // namespace egresswatch::classify
