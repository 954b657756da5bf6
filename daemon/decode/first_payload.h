// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "egresswatch/abi/records.h"
#include "egresswatch/model/events.h"

namespace egresswatch::decode {

// Puts together what a client sends first, from the pieces that the kernel tells of (TCP_PAYLOAD). Holds up to
// EGW_PAYLOAD_MAX bytes in itself and never allocates; reset() makes it ready for another connection.
//
// What is there is always the true beginning of what was sent, also when it is broken.
class FirstPayload {
 public:
  // Takes the next piece, in the order of the records. True if bytes() grew. A piece that does not continue where the
  // bytes end, or that comes behind one of which the capture left a part out, breaks it for good: a record was lost.
  // What lies behind EGW_PAYLOAD_MAX is ignored, and breaks nothing.
  bool push(const TcpPayload& piece);
  void reset();

  [[nodiscard]] std::span<const std::byte> bytes() const { return std::span(bytes_).first(size_); }
  // Whether something is missing behind bytes(), which hence grow no more.
  [[nodiscard]] bool broken() const { return broken_; }

 private:
  std::uint32_t size_ = 0;
  bool cut_ = false;  // the last piece was not captured to its end
  bool broken_ = false;
  std::array<std::byte, EGW_PAYLOAD_MAX> bytes_;  // only the first size_ are ever read
};

}  // namespace egresswatch::decode
