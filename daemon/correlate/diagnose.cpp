// SPDX-License-Identifier: Apache-2.0
#include "correlate/diagnose.h"

#include <cerrno>

#include "correlate/tcp_state.h"

namespace egresswatch::correlate {
namespace {

bool never_established(const TcpClosed& closed) {
  return closed.old_state == kTcpSynSent || (closed.established_ns == 0 && !closed.existed_at_start);
}

// A peer that has closed answers a client's goodbye with a reset, which may overtake the FIN that it sent before. What
// is on the way then is close_notify in a record of its own, of TLS 1.3 or 1.2 (seen with squid, once in hundreds).
bool answers_a_goodbye(const TcpClosed& closed, const Exchange& exchange) {
  constexpr std::uint32_t kCloseNotify13 = 24;
  constexpr std::uint32_t kCloseNotify12 = 31;
  const bool may_be_tls = exchange.kind == Exchange::Kind::tls || exchange.kind == Exchange::Kind::tunnel;
  return may_be_tls && exchange.replied &&
         (closed.unacked_bytes == kCloseNotify13 || closed.unacked_bytes == kCloseNotify12);
}

}  // namespace

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

Diagnosis diagnose(const TcpClosed& closed, const Circumstances& circumstances) {
  if (never_established(closed)) return diagnose_handshake(closed, circumstances);
  const Diagnosis early = diagnose_exchange(closed, circumstances);
  if (early != Diagnosis{}) return early;
  return diagnose_data(closed, circumstances);
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

// Only of connections whose peer was heard, or whose own data were on the way for long: what comes before is the
// exchange.
Diagnosis diagnose_data(const TcpClosed& closed, const Circumstances& circumstances) {
  const bool idle = closed.idle_ns != 0 && closed.idle_ns >= circumstances.idle_threshold_ns;
  // In any later state one of the two had already finished; a RST then is a common way to hang up.
  if (closed.old_state == kTcpEstablished && closed.rst_received && !answers_a_goodbye(closed, circumstances.exchange))
    return {Stage::data, idle ? Cause::idle_reset : Cause::reset};
  // sent and never acknowledged until the kernel gave up; ICMP errors in the meantime take the place of ETIMEDOUT
  const bool kernel_gave_up = closed.error == ETIMEDOUT || is_icmp_error(closed.error);
  // ... or until the client did: at the second repetition at least 600 ms went by (RFC 6298, 200 ms is Linux's minimum)
  const bool client_gave_up =
      closed.old_state == kTcpEstablished && closed.unacked_bytes > 0 && closed.stalled_retransmits >= 2;
  if (kernel_gave_up || client_gave_up) return {Stage::data, idle ? Cause::idle_blackhole : Cause::timeout};
  return {};
}

}  // namespace egresswatch::correlate
