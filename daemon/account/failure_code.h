// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "egresswatch/model/outcome.h"
#include "egresswatch/model/rcode.h"

// What a CodeCounts entry stands for.
namespace egresswatch::account {

constexpr std::uint16_t failure_code(Stage stage, Cause cause) {
  return static_cast<std::uint16_t>((static_cast<unsigned>(stage) << 8) | static_cast<unsigned>(cause));
}
constexpr Stage stage_of(std::uint16_t code) { return static_cast<Stage>(code >> 8); }
constexpr Cause cause_of(std::uint16_t code) { return static_cast<Cause>(code & 0xFF); }

// All codes that share the name "other" are one.
constexpr std::uint16_t rcode_code(std::uint16_t rcode) {
  constexpr std::uint16_t kUnnamed = std::numeric_limits<std::uint16_t>::max();
  return rcode_name(rcode) == rcode_name(kUnnamed) ? kUnnamed : rcode;
}

}  // namespace egresswatch::account
