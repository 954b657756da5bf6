// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "egresswatch/model/catalog.h"
#include "egresswatch/model/protocol.h"

// What the user expects of this host, as data: config reads it, classify compiles it.
namespace egresswatch {

// What is done about what no rule allows: nothing, or it is counted and told.
enum class PolicyMode : std::uint8_t { observe, flag };
inline constexpr std::array<std::string_view, 2> kPolicyModeNames{"observe", "flag"};
constexpr std::string_view to_string(PolicyMode mode) { return kPolicyModeNames[static_cast<std::size_t>(mode)]; }

// The words of a policy for protocols. icmp is ICMPv6, too; raw is whatever comes from a raw socket other than ICMP,
// and any protocol without a word of its own.
enum class PolicyProtocol : std::uint8_t { tcp, udp, icmp, sctp, raw };
inline constexpr std::array<std::string_view, 5> kPolicyProtocolNames{"tcp", "udp", "icmp", "sctp", "raw"};
static_assert(kPolicyProtocolNames.size() == static_cast<std::size_t>(PolicyProtocol::raw) + 1);
constexpr std::string_view to_string(PolicyProtocol protocol) {
  return kPolicyProtocolNames[static_cast<std::size_t>(protocol)];
}

constexpr PolicyProtocol policy_protocol(Protocol protocol, bool raw_socket) {
  if (protocol == Protocol::icmp || protocol == Protocol::icmpv6) return PolicyProtocol::icmp;
  if (raw_socket) return PolicyProtocol::raw;
  switch (protocol) {
    case Protocol::tcp:
      return PolicyProtocol::tcp;
    case Protocol::udp:
      return PolicyProtocol::udp;
    case Protocol::sctp:
      return PolicyProtocol::sctp;
    default:
      return PolicyProtocol::raw;
  }
}

// Several of them.
class PolicyProtocols {
 public:
  constexpr PolicyProtocols() = default;
  constexpr explicit PolicyProtocols(PolicyProtocol one) { add(one); }

  constexpr void add(PolicyProtocol one) { bits_ |= bit(one); }
  [[nodiscard]] constexpr bool contains(PolicyProtocol one) const { return (bits_ & bit(one)) != 0; }
  [[nodiscard]] constexpr bool contains(PolicyProtocols others) const { return (bits_ & others.bits_) == others.bits_; }

  bool operator==(const PolicyProtocols&) const = default;

 private:
  static constexpr std::uint8_t bit(PolicyProtocol one) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(one));
  }
  std::uint8_t bits_ = 0;
};

// One entry under `allow`: any of these destinations, on any of these ports, by any of these protocols.
struct PolicyRule {
  std::vector<ServiceId> services;
  std::vector<HostPattern> hosts;
  std::vector<IpPrefix> addresses;
  bool resolvers = false;  // the name servers of this host were asked for; they are among the addresses
  Ports ports;             // none: for services the ports where they are offered, for hosts and addresses any
  PolicyProtocols protocols{PolicyProtocol::tcp};
  std::size_t line = 0;  // in the file, from 1

  bool operator==(const PolicyRule&) const = default;
};

// Whom a section is for: every selector that is given must fit. Each is a text in which * stands for any characters.
struct PolicySelector {
  std::string unit;       // systemd unit, container or process, as in the label `unit`; empty = any, also below
  std::string slice;      // systemd slice
  std::string container;  // name or id of a container
  std::string process;    // name of the thread that connects
  std::string user;       // as written
  std::optional<std::uint32_t> uid;

  bool operator==(const PolicySelector&) const = default;
};

struct PolicySection {
  PolicySelector who;
  std::optional<PolicyMode> mode;  // none: that of the policy
  std::vector<PolicyRule> allow;
  std::size_t line = 0;

  bool operator==(const PolicySection&) const = default;
};

// The first section that fits decides; what `allow` of the policy itself has is allowed for everybody.
struct PolicyOptions {
  PolicyMode mode = PolicyMode::observe;
  std::vector<PolicyRule> allow;
  std::vector<PolicySection> sections;

  bool operator==(const PolicyOptions&) const = default;
};

}  // namespace egresswatch
