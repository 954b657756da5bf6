// SPDX-License-Identifier: Apache-2.0
#include "decode/dns_name.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace egresswatch::decode {
namespace {

// A name has at most 127 labels, and a sound encoder spends at most one pointer on each.
constexpr unsigned kMaxPointers = 127;

// Calls on_label(offset, length) for each label in turn.
template <typename OnLabel>
inline DnsError walk(DnsWire& wire, std::size_t& at, std::size_t limit, WireName& name, OnLabel on_label) {
  // A name is at most 255 bytes: the budget may be overdrawn by one of them, and is looked at once per name.
  if (wire.steps_left == 0) return DnsError::too_much_work;
  const std::uint8_t* const data = wire.data;
  std::size_t position = at;
  std::size_t run = at;  // start of the labels that lie side by side
  std::size_t end = limit;
  std::size_t before_run = 1;  // length without this run, and with the final zero
  unsigned pointers = 0;
  unsigned labels = 0;
  name.offset = static_cast<std::uint32_t>(at);

  for (;;) {
    if (position >= end) return DnsError::name_unterminated;
    const std::uint8_t head = data[position];
    if (head <= kMaxLabelLength) {
      if (head == 0) break;
      const std::size_t next = position + 1 + head;
      if (next > end) return DnsError::label_past_end;
      if (before_run + (next - run) > kMaxNameLength) return DnsError::name_too_long;
      on_label(position + 1, head);
      ++labels;
      position = next;
      continue;
    }

    if (head < kPointerBits) return DnsError::label_type;
    if (end - position < 2) return DnsError::label_past_end;
    const std::size_t target = wire.u16(position) & 0x3fffU;
    if (target >= wire.size) return DnsError::pointer_past_end;
    if (target >= position) return DnsError::pointer_forward;
    if (target >= run) return DnsError::pointer_loop;
    if (target < kDnsHeaderSize) return DnsError::pointer_into_header;
    if (pointers == kMaxPointers) return DnsError::many_pointers;
    if (pointers++ == 0) at = position + 2;
    if (labels == 0) name.offset = static_cast<std::uint32_t>(target);
    before_run += position - run;
    position = run = target;
    end = wire.size;
  }

  if (pointers == 0) at = position + 1;
  name.length = static_cast<std::uint32_t>(before_run + (position - run));
  wire.spend(labels + pointers);
  return DnsError::none;
}

// Sixteen bytes at a time; the compiler turns this into SSE2 or NEON, which every target of ours has.
using Block = std::uint8_t __attribute__((vector_size(16)));
constexpr std::size_t kBlock = sizeof(Block);

Block splat(std::uint8_t value) { return Block{} + value; }

// All ones where the byte is in [first, first + 25] or the like: one unsigned comparison.
Block in_range(Block bytes, std::uint8_t first, std::uint8_t last) {
  return reinterpret_cast<Block>(bytes - splat(first) <= splat(static_cast<std::uint8_t>(last - first)));
}
Block equal(Block bytes, std::uint8_t value) { return reinterpret_cast<Block>(bytes == splat(value)); }

// `count` bytes of ones, then zeros; count <= 16.
Block leading_mask(std::size_t count) {
  static constexpr std::array<std::uint8_t, 2 * kBlock> kWindow = [] {
    std::array<std::uint8_t, 2 * kBlock> window{};
    for (std::size_t i = 0; i < kBlock; ++i) window[i] = 0xff;
    return window;
  }();
  Block mask;
  std::memcpy(&mask, kWindow.data() + kBlock - count, kBlock);
  return mask;
}

bool any(Block bytes) {
  std::uint64_t halves[2];
  std::memcpy(halves, &bytes, sizeof halves);
  return (halves[0] | halves[1]) != 0;
}

// Copies sixteen bytes in lower case. Returns which of them must be escaped.
inline Block copy_block(const std::uint8_t* from, char* to) {
  Block bytes;
  std::memcpy(&bytes, from, kBlock);
  const Block letter = in_range(bytes | splat(0x20), 'a', 'z');
  const Block plain = letter | in_range(bytes, '0', '9') | equal(bytes, '-') | equal(bytes, '_');
  bytes |= letter & splat(0x20);
  std::memcpy(to, &bytes, kBlock);
  return ~plain;
}

// A label in whole blocks: up to 15 bytes behind it are read and overwritten.
inline Block copy_plain(const std::uint8_t* from, std::size_t length, char* to) {
  Block odd{};
  while (length > kBlock) {
    odd |= copy_block(from, to);
    from += kBlock;
    to += kBlock;
    length -= kBlock;
  }
  return odd | (copy_block(from, to) & leading_mask(length));
}

std::uint8_t fold(std::uint8_t byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<std::uint8_t>(byte | 0x20) : byte;
}

bool is_plain(std::uint8_t folded) {
  return (folded >= 'a' && folded <= 'z') || (folded >= '0' && folded <= '9') || folded == '-' || folded == '_';
}

char* copy_escaped(const std::uint8_t* from, std::size_t length, char* to) {
  for (std::size_t i = 0; i < length; ++i) {
    const std::uint8_t byte = fold(from[i]);
    if (is_plain(byte)) {
      *to++ = static_cast<char>(byte);
      continue;
    }
    *to++ = '\\';
    *to++ = static_cast<char>('0' + byte / 100);
    *to++ = static_cast<char>('0' + byte / 10 % 10);
    *to++ = static_cast<char>('0' + byte % 10);
  }
  return to;
}

// Follows pointers until a label or the end. Only for names that walk() found sound. False when out of steps.
bool to_label(DnsWire& wire, std::size_t& position) {
  while (wire.data[position] >= kPointerBits) {
    if (wire.steps_left == 0) return false;
    wire.spend(1);
    position = wire.u16(position) & 0x3fffU;
  }
  return true;
}

}  // namespace

DnsError walk_name(DnsWire& wire, std::size_t& at, std::size_t limit, WireName& name) {
  return walk(wire, at, limit, name, [](std::size_t, std::uint8_t) {});
}

DnsError write_name(DnsWire& wire, std::size_t& at, std::size_t limit, WireName& name, TextArena& text) {
  const std::size_t begin = at;
  const std::size_t last_block = wire.size < kBlock ? 0 : wire.size - kBlock;
  char* to = text.data + text.used;
  Block odd{};
  DnsError error = walk(wire, at, limit, name, [&](std::size_t label, std::size_t length) {
    // the last block of a label near the end would reach behind the message
    if (label + length > last_block)
      odd |= splat(1);
    else
      odd |= copy_plain(wire.data + label, length, to);
    to += length;
    *to++ = '.';
  });

  if (error == DnsError::none && any(odd)) {
    at = begin;
    to = text.data + text.used;
    error = walk(wire, at, limit, name, [&](std::size_t label, std::size_t length) {
      to = copy_escaped(wire.data + label, length, to);
      *to++ = '.';
    });
  }
  if (error != DnsError::none) return error;
  if (name.length == 1)
    *to++ = '.';
  else
    --to;
  text.used = static_cast<std::size_t>(to - text.data);
  return DnsError::none;
}

bool same_name(DnsWire& wire, const WireName& a, const WireName& b) {
  if (a.offset == b.offset) return true;
  if (a.length != b.length) return false;
  std::size_t left = a.offset;
  std::size_t right = b.offset;
  for (;;) {
    if (!to_label(wire, left) || !to_label(wire, right)) return false;
    // the rest of both names is one and the same
    if (left == right) return true;
    const std::uint8_t length = wire.data[left];
    if (length != wire.data[right]) return false;
    if (length == 0) return true;
    if (wire.steps_left == 0) return false;
    wire.spend(1);
    for (std::size_t i = 1; i <= length; ++i)
      if (fold(wire.data[left + i]) != fold(wire.data[right + i])) return false;
    left += std::size_t{length} + 1;
    right += std::size_t{length} + 1;
  }
}

}  // namespace egresswatch::decode
