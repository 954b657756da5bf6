// SPDX-License-Identifier: Apache-2.0
// Connections that were never established.
#include <algorithm>
#include <array>
#include <cerrno>

#include "correlate/diagnose.h"

namespace egresswatch::correlate {
namespace {

// linux/errqueue.h
constexpr std::uint8_t kOriginIcmp = 2;
constexpr std::uint8_t kOriginIcmp6 = 3;

// Whether a router or firewall said that its policy forbids this: RFC 1812 section 5.2.7.1, RFC 4443 section 3.1.
bool says_prohibited(const TcpClosed& closed) {
  const std::uint8_t code = closed.icmp_code;
  if (closed.icmp_origin == kOriginIcmp) return closed.icmp_type == 3 && (code == 9 || code == 10 || code == 13);
  if (closed.icmp_origin == kOriginIcmp6) return closed.icmp_type == 1 && (code == 1 || code == 5 || code == 6);
  return false;
}

// Reasons of include/net/dropreason-core.h that are the decision of a rule; a full queue or a broken packet is none.
bool is_rule(std::string_view reason) {
  constexpr std::array<std::string_view, 6> kRules{
      "NETFILTER_DROP", "BPF_CGROUP_EGRESS", "TC_EGRESS", "TC_INGRESS", "XDP", "XFRM_POLICY"};
  return std::find(kRules.begin(), kRules.end(), reason) != kRules.end();
}

// Nobody on the next hop answers for its address (ARP, neighbour discovery).
bool is_neighbour(std::string_view reason) { return reason.starts_with("NEIGH_"); }

}  // namespace

Diagnosis diagnose_handshake(const TcpClosed& closed, const Circumstances& circumstances) {
  // the kernel enters SYN_SENT before it chooses a port, and leaves it at once if there is none
  if (closed.tuple.local.port == 0) return {Stage::route, Cause::no_local_port};
  // what this host dropped itself comes first: a local rule that rejects makes the RST or the ICMP message, too
  if (closed.dropped_out > 0) {
    if (is_rule(circumstances.dropped_out_reason)) return {Stage::connect, Cause::local_firewall};
    if (is_neighbour(circumstances.dropped_out_reason)) return {Stage::connect, Cause::neighbour};
  }
  if (closed.error == ECONNREFUSED && closed.rst_received) return {Stage::connect, Cause::refused};
  if (closed.dropped_in > 0 && is_rule(circumstances.dropped_in_reason))
    return {Stage::connect, Cause::local_firewall_reply};
  if (says_prohibited(closed)) return {Stage::connect, Cause::icmp_prohibited};
  if (closed.icmp_origin != 0) return {Stage::connect, Cause::icmp_unreachable};
  // what follows is for kernels before 5.18, which keep no ICMP message; a RST always sets the flag: without it,
  // ECONNREFUSED came by ICMP port unreachable (RFC 1122 4.2.3.9)
  if (closed.error == ECONNREFUSED) return {Stage::connect, Cause::icmp_unreachable};
  // ICMPv6 says a prohibition with EACCES; ICMP never does, so over IPv4 a route of this host changed meanwhile
  if (closed.error == EACCES || closed.error_soft == EACCES) {
    if (closed.tuple.remote.address.is_v4()) return {Stage::route, Cause::prohibited};
    return {Stage::connect, Cause::icmp_prohibited};
  }
  // a soft error is an ICMP message that did not end the attempt, but tells why nothing else came; no type, no code
  if (is_icmp_error(closed.error) || is_icmp_error(closed.error_soft)) return {Stage::connect, Cause::icmp_unreachable};
  if (closed.error == ETIMEDOUT) return {Stage::connect, Cause::no_reply};
  // closed by the client: after a repeated SYN it had waited a second or more and gave up
  if (closed.syn_retransmits > 0) return {Stage::connect, Cause::abandoned};
  return {Stage::none, Cause::cancelled};
}

}  // namespace egresswatch::correlate
