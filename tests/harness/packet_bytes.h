// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "egresswatch/model/ip_address.h"

// Builds packets byte by byte, in front of which is an Ethernet header. Lengths are right unless a test sets them; sums
// are zero, which nobody checks here.
namespace egresswatch::testing {

using PacketBytes = std::vector<std::uint8_t>;

inline void append(PacketBytes& to, const PacketBytes& more) { to.insert(to.end(), more.begin(), more.end()); }
inline void append(PacketBytes& to, std::string_view text) { to.insert(to.end(), text.begin(), text.end()); }
inline void append_u16(PacketBytes& to, std::size_t value) {
  to.push_back(static_cast<std::uint8_t>(value >> 8 & 0xff));
  to.push_back(static_cast<std::uint8_t>(value & 0xff));
}
inline void set_u16(PacketBytes& in, std::size_t at, std::size_t value) {
  in.at(at) = static_cast<std::uint8_t>(value >> 8 & 0xff);
  in.at(at + 1) = static_cast<std::uint8_t>(value & 0xff);
}

inline PacketBytes ethernet(std::uint16_t type, const PacketBytes& packet) {
  PacketBytes frame(12, 0);
  append_u16(frame, type);
  append(frame, packet);
  return frame;
}

struct Ip {
  static constexpr std::uint16_t kEtherTypeV4 = 0x0800;
  static constexpr std::uint16_t kEtherTypeV6 = 0x86dd;

  Endpoint from;
  Endpoint to;
  PacketBytes options{};          // of IPv4, a multiple of four bytes
  PacketBytes extensions{};       // of IPv6, complete with their next-header fields
  std::uint8_t first_header = 0;  // of IPv6, if there are extensions
  std::uint16_t fragment = 0;     // flags and offset of IPv4

  [[nodiscard]] bool is_v4() const { return from.address.is_v4(); }

  [[nodiscard]] PacketBytes frame(std::uint8_t protocol, const PacketBytes& payload) const {
    PacketBytes packet;
    if (is_v4()) {
      packet = {static_cast<std::uint8_t>(0x45 + options.size() / 4), 0};
      append_u16(packet, 20 + options.size() + payload.size());
      append_u16(packet, 0);
      append_u16(packet, fragment);
      append(packet, PacketBytes{64, protocol, 0, 0});
      packet.insert(packet.end(), from.address.bytes.begin() + 12, from.address.bytes.end());
      packet.insert(packet.end(), to.address.bytes.begin() + 12, to.address.bytes.end());
      append(packet, options);
    } else {
      packet = {0x60, 0, 0, 0};
      append_u16(packet, extensions.size() + payload.size());
      append(packet, PacketBytes{extensions.empty() ? protocol : first_header, 64});
      packet.insert(packet.end(), from.address.bytes.begin(), from.address.bytes.end());
      packet.insert(packet.end(), to.address.bytes.begin(), to.address.bytes.end());
      append(packet, extensions);
    }
    append(packet, payload);
    return ethernet(is_v4() ? kEtherTypeV4 : kEtherTypeV6, packet);
  }

  [[nodiscard]] PacketBytes udp(std::string_view payload) const {
    PacketBytes datagram;
    append_u16(datagram, from.port);
    append_u16(datagram, to.port);
    append_u16(datagram, 8 + payload.size());
    append_u16(datagram, 0);
    append(datagram, payload);
    return frame(17, datagram);
  }

  static constexpr std::uint8_t kSyn = 0x02;
  static constexpr std::uint8_t kAck = 0x10;

  [[nodiscard]] PacketBytes tcp(std::string_view payload, std::uint32_t seq = 1000, std::uint8_t flags = kAck,
                                std::size_t option_bytes = 0) const {
    PacketBytes segment;
    append_u16(segment, from.port);
    append_u16(segment, to.port);
    append_u16(segment, seq >> 16);
    append_u16(segment, seq & 0xffff);
    append(segment, PacketBytes(4, 0));
    append(segment, PacketBytes{static_cast<std::uint8_t>((5 + option_bytes / 4) << 4), flags});
    append(segment, PacketBytes(6, 0));
    append(segment, PacketBytes(option_bytes, 1));
    append(segment, payload);
    return frame(6, segment);
  }
};

}  // namespace egresswatch::testing
