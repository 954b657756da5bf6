// SPDX-License-Identifier: Apache-2.0
#include "classify/address_rules.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <tuple>

namespace egresswatch::classify {
namespace {

constexpr std::size_t kWorthAnIndex = 256;  // ranges
constexpr unsigned kHalves = 1U << 16;

struct Block {
  IpPrefix prefix;
  RuleIndex rule;
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

AddressRules::AddressRules(std::span<const Rule> rules, std::span<const Target> targets)
    : rules_(rules), wider_(rules.size(), kNoRule) {
  std::vector<Block> blocks;
  for (RuleIndex i = 0; i < rules.size(); ++i)
    if (const auto* const prefix = std::get_if<IpPrefix>(&targets[i])) blocks.push_back({*prefix, i});
  // Wider blocks come before those inside them. Of rules with the same prefix the first is tried first: it comes last.
  std::ranges::sort(blocks, [](const Block& a, const Block& b) {
    return std::tie(a.prefix.address, a.prefix.length, b.rule) < std::tie(b.prefix.address, b.prefix.length, a.rule);
  });

  std::vector<Block> open;  // each inside the one before it
  const auto close = [&] {
    const auto end = end_of(open.back().prefix);
    open.pop_back();
    if (end) begin_range(*end, open.empty() ? kNoRule : open.back().rule);
  };
  for (const Block& block : blocks) {
    while (!open.empty() &&
           IpPrefix::mask(block.prefix.address, open.back().prefix.length) != open.back().prefix.address)
      close();
    if (!open.empty()) wider_[block.rule] = open.back().rule;
    begin_range(block.prefix.address, block.rule);
    open.push_back(block);
  }
  while (!open.empty()) close();
  index_ipv4();
}

void AddressRules::begin_range(const IpAddress& first, RuleIndex rule) {
  if (!ranges_.empty() && ranges_.back().first == first)
    ranges_.back().rule = rule;
  else
    ranges_.push_back({first, rule});
}

void AddressRules::index_ipv4() {
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

RuleIndex AddressRules::find(const IpAddress& address, std::uint16_t port) const {
  auto begin = ranges_.begin();
  auto end = ranges_.end();
  if (!ipv4_halves_.empty() && address.is_v4()) {
    const std::size_t half = std::size_t{address.bytes[12]} << 8 | address.bytes[13];
    end = begin + ipv4_halves_[half + 1];
    begin += ipv4_halves_[half];
  }
  const auto behind = std::ranges::upper_bound(begin, end, address, {}, &Range::first);
  if (behind == ranges_.begin()) return kNoRule;
  RuleIndex rule = std::prev(behind)->rule;
  while (rule != kNoRule && !rules_[rule].expects(port)) rule = wider_[rule];
  return rule;
}

}  // namespace egresswatch::classify
