// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace egresswatch::app {

// How long ago, in nanoseconds: "30s", "90m", "24h", "7d", at most ten years; anything else is none.
std::optional<std::uint64_t> parse_age(std::string_view text);

}  // namespace egresswatch::app
