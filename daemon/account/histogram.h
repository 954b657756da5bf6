// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace egresswatch::account {

// Durations counted in fixed buckets. All memory is taken by the constructor; observe() is a search over some 16
// integers. Bounds are upper and inclusive, ascending nanoseconds, and must outlive the histogram.
class Histogram {
 public:
  explicit Histogram(std::span<const std::uint64_t> bounds_ns) : bounds_ns_(bounds_ns), counts_(bounds_ns.size() + 1) {}

  void observe(std::uint64_t duration_ns);
  // False, and nothing changes, if it has another number of buckets.
  bool restore(std::span<const std::uint64_t> counts, std::uint64_t sum_ns);

  [[nodiscard]] std::span<const std::uint64_t> bounds_ns() const { return bounds_ns_; }
  // One count per bucket, not cumulated; the last is for what exceeds every bound.
  [[nodiscard]] std::span<const std::uint64_t> counts() const { return counts_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t sum_ns() const { return sum_ns_; }

 private:
  std::span<const std::uint64_t> bounds_ns_;
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t sum_ns_ = 0;
};

// From 0.5 ms to 60 s. Above half a second the bounds are those of repeated SYNs: a first retransmission timeout of 1 s
// that doubles (RFC 6298) sends them after 1, 3, 7, 15 and 31 s, so a bucket tells about how many were lost.
std::span<const std::uint64_t> connect_bounds_ns();

// From 0.5 ms to 30 s. Stub resolvers repeat a question after 5 s, so an answer above 5 s is one to a repeated
// question.
std::span<const std::uint64_t> dns_bounds_ns();

// From 1 ms to 60 s.
std::span<const std::uint64_t> first_byte_bounds_ns();

}  // namespace egresswatch::account
