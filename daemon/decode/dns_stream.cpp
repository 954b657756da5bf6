// SPDX-License-Identifier: Apache-2.0
#include "decode/dns_stream.h"

#include <algorithm>
#include <cstring>

namespace egresswatch::decode {
namespace {

// Far beyond any segment, and small enough that sequence numbers can be compared modulo 2^32.
constexpr std::size_t kMaxSegment = std::size_t{1} << 24;

// Sequence numbers wrap around (RFC 9293 section 3.4).
bool is_after(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b) > 0; }

}  // namespace

void DnsStream::begin(std::uint32_t seq, std::span<const std::byte> bytes, std::size_t original_length) {
  const std::size_t size = std::min(std::max(original_length, bytes.size()), kMaxSegment);
  bytes = bytes.first(std::min(bytes.size(), size));
  input_ = {};
  input_end_ = seq + static_cast<std::uint32_t>(size);
  if (!state_.started) {
    state_.started = true;
    state_.position = seq;
  }

  if (is_after(seq, state_.position)) {
    if (!state_.lost) skip_to(seq);
    if (state_.lost) return;
  }
  const std::uint32_t old = state_.position - seq;
  if (old >= bytes.size()) return;
  input_ = bytes.subspan(old);
  state_.lost = false;
}

std::optional<std::span<const std::byte>> DnsStream::next() {
  for (;;) {
    if (!read_prefix()) return std::nullopt;
    const std::size_t have = state_.taken - kPrefix;
    const std::span<const std::byte> part = take(missing());
    const bool whole = missing() == 0;

    if (!state_.skipping) {
      // a message within one segment, the usual case, is not copied
      std::span<const std::byte> message = part;
      if (have > 0 || !whole) {
        if (!part.empty()) std::memcpy(buffer_.data() + have, part.data(), part.size());
        message = std::span(buffer_).first(state_.length);
      }
      if (whole) {
        ++counts_.messages;
        start_message();
        return message;
      }
    } else if (whole) {
      start_message();
    }
    if (input_.empty()) return std::nullopt;
  }
}

// What the capture cut off, or all of a segment whose front was old, is a gap.
void DnsStream::end() {
  if (!state_.lost && is_after(input_end_, state_.position)) skip_to(input_end_);
}

// True when the length of the current message is known.
bool DnsStream::read_prefix() {
  while (state_.taken < kPrefix) {
    const std::span<const std::byte> byte = take(1);
    if (byte.empty()) return false;
    state_.length = (state_.length << 8) | std::to_integer<std::uint32_t>(byte[0]);
    if (state_.taken == kPrefix && state_.length > kMaxMessage) {
      state_.skipping = true;
      ++counts_.too_long;
    }
  }
  return true;
}

// Goes over a gap that ends at `seq`, which is after the position.
void DnsStream::skip_to(std::uint32_t seq) {
  const std::uint32_t gap = seq - state_.position;
  const bool length_known = state_.taken >= kPrefix;
  if (length_known && !state_.skipping) ++counts_.damaged;

  if (length_known && gap <= missing()) {
    state_.skipping = true;
    state_.taken += gap;
    state_.position = seq;
    if (missing() == 0) start_message();
    return;
  }
  // behind this message, or back at its start where not even its length is known
  state_.position = length_known ? state_.position + missing() : state_.position - state_.taken;
  start_message();
  state_.lost = true;
  ++counts_.lost;
}

void DnsStream::start_message() {
  state_.taken = 0;
  state_.length = 0;
  state_.skipping = false;
}

// Up to `count` bytes of the segment.
std::span<const std::byte> DnsStream::take(std::size_t count) {
  const std::span<const std::byte> front = input_.first(std::min(count, input_.size()));
  input_ = input_.subspan(front.size());
  state_.taken += static_cast<std::uint32_t>(front.size());
  state_.position += static_cast<std::uint32_t>(front.size());
  return front;
}

}  // namespace egresswatch::decode
