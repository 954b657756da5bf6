// SPDX-License-Identifier: Apache-2.0
#include "decode/handshake_bytes.h"

#include <algorithm>
#include <cstring>

namespace egresswatch::decode {
namespace {

constexpr std::size_t kRecordHeader = 5;
constexpr unsigned kHandshake = 22;
// RFC 8446 section 5.1; a handshake record is never empty.
constexpr std::uint32_t kMaxRecord = 1U << 14;

unsigned value(std::byte byte) { return std::to_integer<unsigned>(byte); }

}  // namespace

std::uint32_t HandshakeBytes::number(unsigned bytes) {
  if (!spend(bytes)) return 0;
  std::uint32_t result = 0;
  for (unsigned i = 0; i < bytes; ++i) {
    const std::span<const std::byte> next = take(1);
    if (next.empty()) return 0;
    result = result << 8 | value(next[0]);
  }
  return result;
}

void HandshakeBytes::skip(std::uint32_t count) {
  if (!spend(count)) return;
  while (count > 0) {
    const std::size_t taken = take(count).size();
    if (taken == 0) return;
    count -= static_cast<std::uint32_t>(taken);
  }
}

void HandshakeBytes::copy(std::span<char> to) {
  if (!spend(static_cast<std::uint32_t>(to.size()))) return;
  while (!to.empty()) {
    const std::span<const std::byte> part = take(static_cast<std::uint32_t>(to.size()));
    if (part.empty()) return;
    std::memcpy(to.data(), part.data(), part.size());
    to = to.subspan(part.size());
  }
}

// The limit is held against what the lengths say, before anything is read: a wrong length is found although the bytes
// that it speaks of are cut off.
bool HandshakeBytes::spend(std::uint32_t count) {
  require(count <= left_);
  if (!ok()) return false;
  left_ -= count;
  return true;
}

std::span<const std::byte> HandshakeBytes::take(std::uint32_t count) {
  if (record_.empty() && !next_record()) return {};
  const std::span<const std::byte> part = record_.first(std::min<std::size_t>(count, record_.size()));
  record_ = record_.subspan(part.size());
  return part;
}

// As far as its header is there it must be that of a handshake record.
bool HandshakeBytes::next_record() {
  if (missing_ > 0 || sent_.empty()) {
    state_ = State::cut;
    return false;
  }
  require(value(sent_[0]) == kHandshake);
  require(sent_.size() < 2 || value(sent_[1]) == 3);
  require(sent_.size() < 3 || (value(sent_[2]) >= 1 && value(sent_[2]) <= 3));
  if (ok() && sent_.size() < kRecordHeader) state_ = State::cut;
  if (!ok()) return false;

  const std::uint32_t length = value(sent_[3]) << 8 | value(sent_[4]);
  require(length > 0 && length <= kMaxRecord);
  if (!ok()) return false;
  ++records_;
  sent_ = sent_.subspan(kRecordHeader);
  record_ = sent_.first(std::min<std::size_t>(length, sent_.size()));
  sent_ = sent_.subspan(record_.size());
  missing_ = length - static_cast<std::uint32_t>(record_.size());
  if (record_.empty()) state_ = State::cut;
  return ok();
}

}  // namespace egresswatch::decode
