// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"

namespace egresswatch::capture {

// The memory of a BPF ring buffer, read here and not by libbpf since what was taken is not always given back at once:
// see Ring. Layout: kernel/bpf/ringbuf.c (457f44363a88, 5.8): a page with the consumer's position, which is ours to
// write, one with the producer's, then the data twice in a row, so that no record is cut.
//
// Positions count bytes since the ring was made, and never go back.
class RingMemory {
 public:
  // Maps the ring of this descriptor, which stays the caller's.
  static Result<RingMemory> map(int map_fd);
  RingMemory(RingMemory&& other) noexcept;
  RingMemory& operator=(RingMemory&&) = delete;
  RingMemory(const RingMemory&) = delete;
  RingMemory& operator=(const RingMemory&) = delete;
  ~RingMemory();

  // Takes the next record: calls take(bytes) unless its program gave it up. False if none is ready.
  template <typename Take>
  bool next(Take&& take) {
    const Slot slot = peek();
    if (!slot.ready) return false;
    if (!slot.discarded) take(slot.bytes);
    position_ += slot.size;
    return true;
  }

  // Where the next record will be put.
  [[nodiscard]] std::uint64_t produced() const;
  // Where the next record is taken.
  [[nodiscard]] std::uint64_t position() const { return position_; }
  // Takes nothing before this position. False, and nothing changes, if that is behind, or the ring has not reached it.
  bool skip_to(std::uint64_t position);
  // What was taken and not given back, in bytes.
  [[nodiscard]] std::uint64_t held() const { return position_ - released_; }
  // Gives back what was taken.
  void release();
  [[nodiscard]] std::size_t capacity() const { return size_; }

 private:
  struct Slot {
    bool ready = false;
    bool discarded = false;
    std::span<const std::byte> bytes;
    std::uint64_t size = 0;  // in the ring
  };

  RingMemory() = default;
  [[nodiscard]] Slot peek() const;

  std::uint64_t* consumer_ = nullptr;
  const std::byte* producer_page_ = nullptr;
  const std::byte* data_ = nullptr;
  std::size_t page_ = 0;
  std::size_t size_ = 0;  // of the data, a power of two
  std::uint64_t position_ = 0;
  std::uint64_t released_ = 0;
};

}  // namespace egresswatch::capture
