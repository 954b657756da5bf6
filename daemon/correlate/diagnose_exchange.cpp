// SPDX-License-Identifier: Apache-2.0
// Connections that end before client and server, or client and proxy, understood each other.
#include <algorithm>
#include <cerrno>

#include "correlate/diagnose.h"
#include "correlate/tcp_state.h"

namespace egresswatch::correlate {
namespace {

using Kind = Exchange::Kind;

enum class End { peer_reset, peer_closed, kernel_gave_up, client };

End end_of(const TcpClosed& closed) {
  if (closed.rst_received && closed.old_state == kTcpEstablished) return End::peer_reset;
  if (closed.error == ETIMEDOUT || is_icmp_error(closed.error)) return End::kernel_gave_up;
  if (peer_closed_first(closed.old_state)) return End::peer_closed;
  return End::client;
}

// Data came back. Where the packet programs are not attached only the counter tells, which counts a FIN, too.
bool heard(const TcpClosed& closed, const Exchange& exchange) {
  return exchange.replied || closed.first_received_ns != 0 || closed.bytes_received > 1;
}

bool request_was_recent(const TcpClosed& closed) {
  const std::uint64_t asked_ns = closed.first_sent_ns ? closed.first_sent_ns : closed.established_ns;
  return asked_ns != 0 && closed.time_ns < asked_ns + kPatienceNs;
}

// Of what was sent the end, at least, is being repeated in vain.
bool unacknowledged(const TcpClosed& closed) { return closed.unacked_bytes > 0 && closed.stalled_retransmits > 0; }

Diagnosis tls_unanswered(const TcpClosed& closed, End end) {
  switch (end) {
    case End::peer_reset:
      return {Stage::tls, Cause::reset_after_hello};
    case End::peer_closed:
      return {Stage::tls, Cause::closed_after_hello};
    case End::client:
      if (request_was_recent(closed)) return {Stage::none, Cause::cancelled};
      break;
    case End::kernel_gave_up:
      break;
  }
  return {Stage::tls, unacknowledged(closed) ? Cause::hello_not_acked : Cause::no_server_response};
}

// The server began to answer. The client checks the certificate during the handshake, or, as Node.js does, right behind
// it: then it finishes the handshake and hangs up at once without a request.
Diagnosis tls_answered(const TcpClosed& closed, const Exchange& exchange, End end) {
  if (exchange.hello_bytes == 0) return {};
  const std::uint64_t said = closed.bytes_sent - std::min<std::uint64_t>(closed.bytes_sent, exchange.hello_bytes);
  const bool finished = said >= kTlsFinishBytes;
  const bool objected = said >= kTlsAlertBytes;
  switch (end) {
    case End::peer_reset:
    case End::peer_closed:
      if (finished) return {};
      // what the client sent in place of the end of the handshake is an alert, and the server hangs up on it
      if (objected) return {Stage::tls, Cause::client_rejected};
      return {Stage::tls, end == End::peer_reset ? Cause::reset_after_hello : Cause::closed_after_hello};
    case End::client:
      // the server said no: that the client then hangs up is only polite
      if (exchange.reply.kind == ServerReply::Kind::tls_alert) return {Stage::tls, Cause::closed_after_hello};
      if (!finished || (said <= kTlsGoodbyeBytes && closed.first_received_ns != 0 &&
                        closed.time_ns < closed.first_received_ns + kPatienceNs))
        return {Stage::tls, Cause::client_rejected};
      return {};
    case End::kernel_gave_up:
      return {};  // as any other data that are not acknowledged
  }
  return {};
}

Diagnosis proxy_unanswered(const TcpClosed& closed, End end) {
  if (end == End::client && request_was_recent(closed)) return {Stage::none, Cause::cancelled};
  return {Stage::proxy, Cause::proxy_error};
}

Diagnosis http_unanswered(const TcpClosed& closed, End end) {
  if (end == End::peer_closed && closed.tuple.remote.port == 80) return {Stage::http, Cause::http_error};
  if (end != End::client) return {};
  if (request_was_recent(closed)) return {Stage::none, Cause::cancelled};
  return {Stage::data, Cause::timeout};
}

}  // namespace

Diagnosis diagnose_exchange(const TcpClosed& closed, const Circumstances& circumstances) {
  const Exchange& exchange = circumstances.exchange;
  if (exchange.kind == Kind::none) return {};
  const End end = end_of(closed);
  if (heard(closed, exchange)) return exchange.kind == Kind::tls ? tls_answered(closed, exchange, end) : Diagnosis{};
  switch (exchange.kind) {
    case Kind::tls:
      return tls_unanswered(closed, end);
    case Kind::tunnel:
    case Kind::proxied:
      return proxy_unanswered(closed, end);
    case Kind::http:
      return http_unanswered(closed, end);
    case Kind::none:
      break;
  }
  return {};
}

}  // namespace egresswatch::correlate
