// SPDX-License-Identifier: Apache-2.0
// Stages route and connect, and what all have in common; the later stages are in exchange_sentences.cpp.
#include "publish/failure_sentences.h"

#include "publish/exchange_sentences.h"
#include "publish/phrases.h"
#include "publish/text.h"

namespace egresswatch::publish {
namespace {

void append_route_failure(std::string& out, const ConnectionReport& report) {
  switch (report.cause) {
    case Cause::no_route:
      out += "this host has no route to it";
      break;
    case Cause::prohibited:
      out += "a route of this host forbids it";
      break;
    case Cause::denied_locally:
      out += "denied on this host before a packet left";
      break;
    case Cause::no_local_port:
      out += "no free local port";
      break;
    default:
      out += "connect() failed on this host";
  }
  append_error(out, report.error);
}

void append_unanswered(std::string& out, const ConnectionReport& report) {
  out += "no answer to ";
  append_count(out, std::uint64_t{report.syn_retransmits} + 1, "SYN");
}

// What the kernel calls the reason, in brackets.
void append_drop_reason(std::string& out, const Evidence& evidence) {
  if (evidence.drop_reason.empty()) return;
  out += " (";
  append_plain(out, evidence.drop_reason);
  out += ')';
}

void append_icmp(std::string& out, const ConnectionReport& report, std::string_view meaning) {
  const Evidence& evidence = report.evidence;
  if (evidence.icmp_origin == 0) {
    out += "an ICMP message";
  } else {
    out += evidence.icmp_origin == 3 ? "ICMPv6 type " : "ICMP type ";
    append_number(out, std::uint64_t{evidence.icmp_type});
    out += " code ";
    append_number(out, std::uint64_t{evidence.icmp_code});
  }
  out += " says that it ";
  out += meaning;
  append_error(out, report.error);
}

void append_connect_failure(std::string& out, const ConnectionReport& report) {
  constexpr std::string_view kSilence = ": something drops the packets silently, or nobody is there";
  const Evidence& evidence = report.evidence;
  switch (report.cause) {
    case Cause::refused:
      out += "refused";
      append_after(out, " after ", report.duration_ns);
      append_error(out, report.error);
      out += ": the port is closed, or a firewall rejects";
      return;
    case Cause::no_reply:
      append_unanswered(out, report);
      append_after(out, " in ", report.duration_ns);
      append_error(out, report.error);
      out += kSilence;
      return;
    case Cause::abandoned:
      append_unanswered(out, report);
      out += "; the client gave up";
      append_after(out, " after ", report.duration_ns);
      out += kSilence;
      return;
    case Cause::icmp_unreachable:
      append_icmp(out, report, "cannot be reached");
      return;
    case Cause::icmp_prohibited:
      append_icmp(out, report, "is prohibited");
      out += ": a firewall rejects";
      return;
    case Cause::local_firewall:
      out += "this host itself dropped ";
      append_count(out, evidence.dropped_out, "packet");
      out += " on the way out";
      append_drop_reason(out, evidence);
      append_error(out, report.error);
      out += ": a rule of its own firewall";
      return;
    case Cause::local_firewall_reply:
      out += "the answer came, and this host itself dropped it on the way in, ";
      append_count(out, evidence.dropped_in, "packet");
      append_drop_reason(out, evidence);
      append_error(out, report.error);
      out += ": a rule of its own firewall";
      return;
    case Cause::neighbour:
      out += "the next hop does not answer on the local network";
      append_drop_reason(out, evidence);
      append_error(out, report.error);
      out += ": gateway down, or a wrong route";
      return;
    default:
      out += "the handshake failed";
      append_after(out, " after ", report.duration_ns);
      append_error(out, report.error);
  }
}

}  // namespace

void append_failure(std::string& out, const ConnectionReport& report) {
  switch (report.stage) {
    case Stage::route:
      return append_route_failure(out, report);
    case Stage::connect:
      return append_connect_failure(out, report);
    case Stage::tls:
      return append_tls_failure(out, report);
    case Stage::proxy:
      return append_proxy_failure(out, report);
    case Stage::http:
      return append_http_failure(out, report);
    case Stage::data:
    case Stage::none:
      return append_data_failure(out, report);
  }
}

void append_involved(std::string& out, const ConnectionReport& report) {
  const Evidence& evidence = report.evidence;
  if (!evidence.waits_for.empty()) {
    out += "; the same process waited for ";
    append_plain(out, evidence.waits_for);
    out += " (certificate revocation), which did not answer";
  }
  if (!evidence.holds_up.empty()) {
    out += "; meanwhile the TLS connection of the same process to ";
    append_plain(out, evidence.holds_up);
    out += " waits";
  }
  if (report.stage != Stage::connect && report.stage != Stage::route &&
      evidence.dropped_out + evidence.dropped_in > 0) {
    out += "; this host itself dropped ";
    append_count(out, std::uint64_t{evidence.dropped_out} + evidence.dropped_in, "packet");
    append_drop_reason(out, evidence);
  }
}

}  // namespace egresswatch::publish
