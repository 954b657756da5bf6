// SPDX-License-Identifier: Apache-2.0
#include "decode/first_payload.h"

#include <algorithm>
#include <cstring>

namespace egresswatch::decode {

bool FirstPayload::push(const TcpPayload& piece) {
  if (broken_ || size_ == bytes_.size()) return false;
  if (cut_ || piece.offset != size_) {
    broken_ = true;
    return false;
  }
  const std::size_t count = std::min(piece.payload.size(), bytes_.size() - size_);
  if (count > 0) std::memcpy(bytes_.data() + size_, piece.payload.data(), count);
  size_ += static_cast<std::uint32_t>(count);
  cut_ = piece.payload.size() < piece.original_length;
  return count > 0;
}

void FirstPayload::reset() {
  size_ = 0;
  cut_ = false;
  broken_ = false;
}

}  // namespace egresswatch::decode
