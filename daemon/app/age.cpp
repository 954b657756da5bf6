// SPDX-License-Identifier: Apache-2.0
#include "app/age.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

namespace egresswatch::app {
namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000;
constexpr std::uint64_t kMaxSinceNs = 10 * 365 * 24 * 3'600 * kSecondNs;

}  // namespace

std::optional<std::uint64_t> parse_age(std::string_view text) {
  struct Unit {
    std::string_view name;
    std::uint64_t seconds;
  };
  constexpr std::array<Unit, 4> kUnits{{{"s", 1}, {"m", 60}, {"h", 3'600}, {"d", 86'400}}};
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc()) return std::nullopt;
  const auto* const unit =
      std::ranges::find(kUnits, text.substr(static_cast<std::size_t>(end - text.data())), &Unit::name);
  if (unit == kUnits.end() || value == 0 || value > kMaxSinceNs / kSecondNs / unit->seconds) return std::nullopt;
  return value * unit->seconds * kSecondNs;
}

}  // namespace egresswatch::app
