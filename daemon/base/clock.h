// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <ctime>

namespace egresswatch {

namespace detail {
inline std::uint64_t read_clock_ns(clockid_t clock) {
  std::timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}
}  // namespace detail

// The clock of all records: never set, stops in suspend.
inline std::uint64_t monotonic_ns() { return detail::read_clock_ns(CLOCK_MONOTONIC); }

// Nanoseconds since 1970 UTC.
inline std::uint64_t wall_ns() { return detail::read_clock_ns(CLOCK_REALTIME); }

}  // namespace egresswatch
