// SPDX-License-Identifier: Apache-2.0
#include "correlate/diagnose.h"

#include <cerrno>

namespace egresswatch::correlate {
namespace {

// linux/tcp_states.h
constexpr std::uint32_t kEstablished = 1;
constexpr std::uint32_t kSynSent = 2;

bool never_established(const TcpClosed& closed) {
  return closed.old_state == kSynSent || (closed.established_ns == 0 && !closed.existed_at_start);
}

// What the kernel makes of ICMP and ICMPv6 errors (icmp_err_convert, icmpv6_err_convert).
bool is_icmp_error(int error) {
  switch (error) {
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EPROTO:
    case EACCES:
      return true;
    default:
      return false;
  }
}

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

Diagnosis diagnose_handshake(const TcpClosed& closed) {
  // the kernel enters SYN_SENT before it chooses a port, and leaves it at once if there is none
  if (closed.tuple.local.port == 0) return {Stage::route, Cause::no_local_port};
  if (closed.error == ECONNREFUSED && closed.rst_received) return {Stage::connect, Cause::refused};
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

}  // namespace

Diagnosis diagnose(const TcpClosed& closed) {
  if (never_established(closed)) return diagnose_handshake(closed);
  // In any later state one of the two had already finished; a RST then is a common way to hang up.
  if (closed.old_state == kEstablished && closed.rst_received) return {Stage::data, Cause::reset};
  // sent and never acknowledged until the kernel gave up; ICMP errors in the meantime take the place of ETIMEDOUT
  if (closed.error == ETIMEDOUT || is_icmp_error(closed.error)) return {Stage::data, Cause::timeout};
  return {};
}

Diagnosis diagnose(const ConnectFailed& failed) {
  if (failed.verdict_error != 0) return {Stage::route, Cause::denied_locally};
  switch (-failed.route_error) {
    case 0:
      // no lookup failed and no SYN left: another cgroup program or a security policy said no
      return {Stage::route, Cause::denied_locally};
    case EACCES:
    case EINVAL:  // blackhole: a route that forbids without saying so
      return {Stage::route, Cause::prohibited};
    default:
      return {Stage::route, Cause::no_route};
  }
}

}  // namespace egresswatch::correlate
