// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace egresswatch {

// What is carried by IP: the numbers of IANA's registry "Protocol Numbers"; any other number can be there as well.
enum class Protocol : std::uint8_t { icmp = 1, tcp = 6, udp = 17, icmpv6 = 58, sctp = 132 };

// As in the policy and in events; empty for a protocol that goes by its number.
constexpr std::string_view protocol_name(Protocol protocol) {
  switch (protocol) {
    case Protocol::icmp:
      return "icmp";
    case Protocol::tcp:
      return "tcp";
    case Protocol::udp:
      return "udp";
    case Protocol::icmpv6:
      return "icmpv6";
    case Protocol::sctp:
      return "sctp";
  }
  return {};
}

// The name, else the number: "tcp", "47".
inline std::string to_string(Protocol protocol) {
  const std::string_view name = protocol_name(protocol);
  return name.empty() ? std::to_string(static_cast<unsigned>(protocol)) : std::string(name);
}

}  // namespace egresswatch
