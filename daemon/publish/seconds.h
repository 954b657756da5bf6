// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace egresswatch::publish {

// Nanoseconds as seconds, the unit of every metric.
constexpr double seconds(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; }

}  // namespace egresswatch::publish
