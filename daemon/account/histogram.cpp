// SPDX-License-Identifier: Apache-2.0
#include "account/histogram.h"

#include <algorithm>
#include <array>

namespace egresswatch::account {
namespace {

constexpr std::uint64_t microseconds(std::uint64_t value) { return value * 1'000; }
constexpr std::uint64_t milliseconds(std::uint64_t value) { return value * 1'000'000; }
constexpr std::uint64_t seconds(std::uint64_t value) { return value * 1'000'000'000; }

constexpr std::array kConnectBounds{microseconds(500), milliseconds(1),   milliseconds(2) + microseconds(500),
                                    milliseconds(5),   milliseconds(10),  milliseconds(25),
                                    milliseconds(50),  milliseconds(100), milliseconds(250),
                                    milliseconds(500), seconds(1),        seconds(3),
                                    seconds(7),        seconds(15),       seconds(31),
                                    seconds(60)};

constexpr std::array kDnsBounds{microseconds(500), milliseconds(1),   milliseconds(2) + microseconds(500),
                                milliseconds(5),   milliseconds(10),  milliseconds(25),
                                milliseconds(50),  milliseconds(100), milliseconds(250),
                                milliseconds(500), seconds(1),        milliseconds(2500),
                                seconds(5),        seconds(10),       seconds(30)};

constexpr std::array kFirstByteBounds{milliseconds(1),    milliseconds(2) + microseconds(500),
                                      milliseconds(5),    milliseconds(10),
                                      milliseconds(25),   milliseconds(50),
                                      milliseconds(100),  milliseconds(250),
                                      milliseconds(500),  seconds(1),
                                      milliseconds(2500), seconds(5),
                                      seconds(10),        seconds(30),
                                      seconds(60)};

static_assert(std::is_sorted(kConnectBounds.begin(), kConnectBounds.end()));
static_assert(std::is_sorted(kDnsBounds.begin(), kDnsBounds.end()));
static_assert(std::is_sorted(kFirstByteBounds.begin(), kFirstByteBounds.end()));

}  // namespace

void Histogram::observe(std::uint64_t duration_ns) {
  const auto bucket = std::lower_bound(bounds_ns_.begin(), bounds_ns_.end(), duration_ns) - bounds_ns_.begin();
  ++counts_[static_cast<std::size_t>(bucket)];
  ++count_;
  sum_ns_ += duration_ns;
}

std::span<const std::uint64_t> connect_bounds_ns() { return kConnectBounds; }
std::span<const std::uint64_t> dns_bounds_ns() { return kDnsBounds; }
std::span<const std::uint64_t> first_byte_bounds_ns() { return kFirstByteBounds; }

}  // namespace egresswatch::account
