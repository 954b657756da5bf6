// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <endian.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "decode/dns_error.h"

// Names in a DNS message (RFC 1035 sections 3.1 and 4.1.4): walking, comparing and writing them as text. Internal to
// the module. Positions are offsets from the start of the message.
namespace egresswatch::decode {

inline constexpr std::size_t kDnsHeaderSize = 12;
inline constexpr std::size_t kMaxNameLength = 255;  // RFC 1035 section 2.3.4, counts length bytes and the final zero
inline constexpr std::uint8_t kMaxLabelLength = 63;
inline constexpr std::uint8_t kPointerBits = 0xc0;

// A message and how much work may still be spent on its names. One step is one label or one pointer. The largest sound
// answers need one or two steps per record; what costs more was built to cost.
struct DnsWire {
  static constexpr std::uint32_t kMaxSteps = 8192;

  const std::uint8_t* data = nullptr;
  std::size_t size = 0;
  std::uint32_t steps_left = kMaxSteps;

  void spend(std::uint32_t steps) { steps_left -= std::min(steps, steps_left); }
  [[nodiscard]] std::uint16_t u16(std::size_t at) const {
    std::uint16_t value;
    std::memcpy(&value, data + at, sizeof value);
    return be16toh(value);
  }
  [[nodiscard]] std::uint32_t u32(std::size_t at) const {
    std::uint32_t value;
    std::memcpy(&value, data + at, sizeof value);
    return be32toh(value);
  }
};

// A name that was walked to its end, hence known to be sound.
struct WireName {
  std::uint32_t offset;  // of its first label: pointers in front of it are followed already
  std::uint32_t length;  // when decompressed, with length bytes and the final zero
};

// Where names become text. Never full in the middle of a name: a name that does not fit is not written.
struct TextArena {
  char* data = nullptr;
  std::size_t capacity = 0;
  std::size_t used = 0;
};

// The most that one name can take: every byte escaped, and the bytes that are written ahead of a label's end.
inline constexpr std::size_t kMaxNameText = 4 * kMaxNameLength + 16;

// Walks the name at `at` and moves `at` behind it. The part before the first pointer must end before `limit`, which is
// at most wire.size. A pointer must lead to before the run of labels that it ends, so that no walk can go in circles.
DnsError walk_name(DnsWire& wire, std::size_t& at, std::size_t limit, WireName& name);

// The same, and appends the name to `text`: lower case, no final dot, "." for the root; letters, digits, '-' and '_'
// stand for themselves and every other byte is \DDD (RFC 4343 section 2.1), '*' too: what was asked must never be taken
// for a pattern. Needs room for kMaxNameText.
DnsError write_name(DnsWire& wire, std::size_t& at, std::size_t limit, WireName& name, TextArena& text);

// Whether two sound names are the same, without regard to case (RFC 4343). Out of steps, they are not.
bool same_name(DnsWire& wire, const WireName& a, const WireName& b);

}  // namespace egresswatch::decode
