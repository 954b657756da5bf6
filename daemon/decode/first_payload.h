// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include "egresswatch/abi/records.h"
#include "egresswatch/model/events.h"
namespace egresswatch::decode {
class FirstPayload {
 public:
  bool push(const TcpPayload& piece) {
    if (broken_ || piece.offset != size_ || piece.payload.size() > bytes_.size() - size_) { broken_ = true; return false; }
    if (!piece.payload.empty()) std::memcpy(bytes_.data() + size_, piece.payload.data(), piece.payload.size());
    size_ += piece.payload.size();
    if (piece.payload.size() < piece.original_length) broken_ = true;
    return true;
  }
  [[nodiscard]] std::span<const std::byte> bytes() const { return std::span(bytes_).first(size_); }
  [[nodiscard]] bool broken() const { return broken_; }
  void reset() { size_ = 0; broken_ = false; }
 private:
  std::array<std::byte, EGW_PAYLOAD_MAX> bytes_;
  std::size_t size_ = 0;
  bool broken_ = false;
};
}
