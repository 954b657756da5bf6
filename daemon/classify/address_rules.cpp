// SPDX-License-Identifier: Apache-2.0
#include "classify/address_rules.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <tuple>

namespace egresswatch::classify {
namespace {

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
}

void AddressRules::begin_range(const IpAddress& first, RuleIndex rule) {
  if (!ranges_.empty() && ranges_.back().first == first)
    ranges_.back().rule = rule;
  else
    ranges_.push_back({first, rule});
}

RuleIndex AddressRules::find(const IpAddress& address, std::uint16_t port) const {
  const auto behind = std::ranges::upper_bound(ranges_, address, {}, &Range::first);
  if (behind == ranges_.begin()) return kNoRule;
  RuleIndex rule = std::prev(behind)->rule;
  while (rule != kNoRule && !rules_[rule].expects(port)) rule = wider_[rule];
  return rule;
}

}  // namespace egresswatch::classify
