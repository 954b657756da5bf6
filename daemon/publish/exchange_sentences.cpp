// SPDX-License-Identifier: Apache-2.0
#include "publish/exchange_sentences.h"

#include "publish/phrases.h"
#include "publish/text.h"

namespace egresswatch::publish {
namespace {

// From what was sent first to this outcome; 0 = not known.
std::uint64_t since_request(const ConnectionReport& report) {
  const std::uint64_t sent = report.evidence.first_sent_ns;
  return sent != 0 && report.duration_ns > sent ? report.duration_ns - sent : 0;
}

std::uint64_t since_answer(const ConnectionReport& report) {
  const std::uint64_t received = report.evidence.first_received_ns;
  return received != 0 && report.duration_ns > received ? report.duration_ns - received : 0;
}

// The shortest end of a handshake takes 58 bytes (RFC 8446 section 4.4.4).
bool finished_handshake(const ConnectionReport& report) {
  return report.evidence.hello_bytes != 0 && report.bytes_sent >= std::uint64_t{report.evidence.hello_bytes} + 58;
}

void append_hello(std::string& out, const Evidence& evidence) {
  out += "the ClientHello";
  if (!evidence.wire_name.empty()) {
    out += evidence.sni == Sni::encrypted ? " (encrypted, outer name " : " for ";
    append_plain(out, evidence.wire_name);
    if (evidence.sni == Sni::encrypted) out += ')';
  } else if (evidence.tls && evidence.sni == Sni::absent) {
    out += " without a server name";
  }
}

void append_status(std::string& out, const Evidence& evidence) {
  if (evidence.http_status == 0) return;
  out += " (HTTP ";
  append_number(out, std::uint64_t{evidence.http_status});
  out += ')';
}

}  // namespace

void append_tls_failure(std::string& out, const ConnectionReport& report) {
  const Evidence& evidence = report.evidence;
  switch (report.cause) {
    case Cause::reset_after_hello:
      out += "reset by the other side";
      append_after(out, " ", since_request(report));
      out += " after ";
      append_hello(out, evidence);
      out += ": a firewall that judges by name, or the server, refuses it";
      return;
    case Cause::closed_after_hello:
      if (evidence.tls_alert != 0) {
        out += "the other side answered ";
        append_hello(out, evidence);
        out += " with the TLS alert ";
        append_tls_alert(out, evidence.tls_alert);
        return;
      }
      out += "closed by the other side";
      append_after(out, " ", since_request(report));
      out += " after ";
      append_hello(out, evidence);
      out += ": a firewall that judges by name, or the server, refuses it";
      return;
    case Cause::no_server_response:
      out += "no answer to ";
      append_hello(out, evidence);
      append_after(out, " in ", since_request(report));
      append_error(out, report.error);
      out += ", although TCP connected: something on the way swallows TLS";
      return;
    case Cause::hello_not_acked:
      append_hello(out, evidence);
      out += " is not acknowledged";
      append_after(out, " after ", since_request(report));
      append_error(out, report.error);
      out += ", although TCP connected: large packets are lost (MTU), or the way back is another one";
      return;
    case Cause::client_rejected:
      out += "the client hung up";
      append_after(out, " ", since_answer(report));
      out += " after the server's first bytes, ";
      out += finished_handshake(report) ? "without a request" : "before it finished the handshake";
      out += ": as when it does not trust the certificate (TLS inspection, an unknown CA)";
      return;
    default:
      out += "TLS failed";
      append_error(out, report.error);
  }
}

void append_proxy_failure(std::string& out, const ConnectionReport& report) {
  out += "the proxy ";
  append_endpoint(out, report.remote);
  switch (report.cause) {
    case Cause::proxy_auth_required:
      out += " wants credentials";
      break;
    case Cause::proxy_denied:
      out += " refuses it";
      break;
    default:
      out += report.evidence.http_status != 0 ? " failed" : " gave no answer";
  }
  append_status(out, report.evidence);
  append_error(out, report.error);
  if (report.service == "imds") out += ": instance metadata must be asked for directly, not through a proxy";
}

void append_http_failure(std::string& out, const ConnectionReport& report) {
  switch (report.cause) {
    case Cause::denied_by_firewall:
      out += "an Azure Firewall has no rule that allows it";
      break;
    case Cause::imds_throttled:
      out += "instance metadata is asked too often";
      break;
    default:
      if (report.evidence.http_status == 0)
        out += "closed by the other side without an answer";
      else if (report.evidence.http_status == 410 && report.service == "imds")
        out += "instance metadata is being updated and comes back within 70 s";
      else
        out += "the server answered with an error";
  }
  append_status(out, report.evidence);
}

void append_data_failure(std::string& out, const ConnectionReport& report) {
  const Evidence& evidence = report.evidence;
  switch (report.cause) {
    case Cause::reset:
    case Cause::idle_reset:
      out += "reset";
      break;
    case Cause::timeout:
    case Cause::idle_blackhole:
      out += evidence.unacked_bytes > 0 || report.bytes_received > 0 || report.error != 0
                 ? "timed out, what was sent is not acknowledged,"
                 : "no answer to the request, the client gave up,";
      break;
    default:
      out += "failed";
  }
  append_after(out, " after ", report.duration_ns);
  append_error(out, report.error);
  out += ": ";
  append_payload(out, report);
  if (report.cause == Cause::idle_reset || report.cause == Cause::idle_blackhole) {
    out += ", the other side had been silent";
    append_after(out, " for ", evidence.idle_ns);
    out += ": a firewall or load balancer forgets idle connections";
  } else if (report.bytes_sent > 0 && report.bytes_received == 0) {
    out += "; as when a firewall lets the handshake pass and then stops the data";
  }
}

}  // namespace egresswatch::publish
