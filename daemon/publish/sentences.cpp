// SPDX-License-Identifier: Apache-2.0
#include "publish/sentences.h"

#include "egresswatch/model/rcode.h"
#include "publish/text.h"

namespace egresswatch::publish {
namespace {

void append_count(std::string& out, std::uint64_t count, std::string_view noun) {
  append_number(out, count);
  out += ' ';
  out += noun;
  if (count != 1) out += 's';
}

void append_after(std::string& out, std::string_view preposition, std::uint64_t duration_ns) {
  if (duration_ns == 0) return;  // unknown
  out += preposition;
  append_duration(out, duration_ns);
}

void append_error(std::string& out, int error) {
  if (error == 0) return;
  out += " (";
  append_error_name(out, error);
  out += ')';
}

void append_payload(std::string& out, const ConnectionReport& report) {
  out += "sent ";
  append_bytes(out, report.bytes_sent);
  out += ", received ";
  append_bytes(out, report.bytes_received);
}

void append_established(std::string& out, const ConnectionReport& report) {
  out += "connected";
  append_after(out, " in ", report.connect_latency_ns);
  if (report.syn_retransmits > 0) {
    out += ", after ";
    append_count(out, report.syn_retransmits, "lost SYN");
  }
}

void append_cancelled(std::string& out, const ConnectionReport& report) {
  out += "closed by the client";
  append_after(out, " after ", report.duration_ns);
  out += ", before an answer and before a SYN was repeated: not a failure";
}

void append_closed(std::string& out, const ConnectionReport& report) {
  out += "closed";
  append_after(out, " after ", report.duration_ns);
  out += ": ";
  append_payload(out, report);
  if (report.retransmits > 0) {
    out += ", ";
    append_count(out, report.retransmits, "segment");
    out += " repeated";
  }
}

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

void append_connect_failure(std::string& out, const ConnectionReport& report) {
  constexpr std::string_view kSilence = ": something drops the packets silently, or nobody is there";
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
      out += "an ICMP message says that it cannot be reached";
      append_error(out, report.error);
      return;
    case Cause::icmp_prohibited:
      out += "an ICMP message says that it is prohibited";
      append_error(out, report.error);
      out += ": a firewall rejects";
      return;
    default:
      out += "the handshake failed";
      append_after(out, " after ", report.duration_ns);
      append_error(out, report.error);
  }
}

void append_later_failure(std::string& out, const ConnectionReport& report) {
  switch (report.cause) {
    case Cause::reset:
      out += "reset";
      break;
    case Cause::timeout:
      out += "timed out, what was sent is not acknowledged,";
      break;
    default:
      out += "failed";
  }
  append_after(out, " after ", report.duration_ns);
  append_error(out, report.error);
  out += ": ";
  append_payload(out, report);
  if (report.bytes_sent > 0 && report.bytes_received == 0)
    out += "; as when a firewall lets the handshake pass and then stops the data";
}

void append_no_usable_answer(std::string& out, const DnsReport& report) {
  switch (report.cause) {
    case DnsCause::nxdomain:
      out += "there is no such name";
      break;
    case DnsCause::servfail:
      out += "the resolver could not find out";
      break;
    case DnsCause::refused:
      out += "the resolver refuses to answer";
      break;
    case DnsCause::empty:
      out += "the name exists, but not with this type of record";
      break;
    case DnsCause::sinkhole:
      out += "the answer leads nowhere, as a filtering resolver gives";
      break;
    case DnsCause::private_record_missing:
      out += "the private DNS zone has no record for it";
      break;
    case DnsCause::public_answer_despite_private_link:
      out += "a public address, although the name has a private link: this resolver does not see the private DNS zone";
      break;
    default:
      break;
  }
}

}  // namespace

void append_sentence(std::string& out, const ConnectionReport& report) {
  switch (report.verdict) {
    case Verdict::ok:
      return append_established(out, report);
    case Verdict::cancelled:
      return append_cancelled(out, report);
    case Verdict::closed:
      return append_closed(out, report);
    case Verdict::failed:
    case Verdict::pending:
      break;
  }
  if (report.stage == Stage::route) return append_route_failure(out, report);
  if (report.stage == Stage::connect) return append_connect_failure(out, report);
  append_later_failure(out, report);
}

void append_sentence(std::string& out, const DnsReport& report) {
  append_dns_type(out, report.question_type);
  if (report.cause == DnsCause::no_answer) {
    out += ": no answer";
    append_after(out, " in ", report.duration_ns);
    return;
  }
  out += ' ';
  out += rcode_name(report.rcode);
  append_after(out, " in ", report.duration_ns);
  if (report.cause != DnsCause::none) {
    out += ": ";
    append_no_usable_answer(out, report);
  }
  if (report.address_count > 0) {
    out += "; ";
    append_address(out, report.first_address);
    if (report.address_count > 1) {
      out += " and ";
      append_number(out, std::uint64_t{report.address_count} - 1);
      out += " more";
    }
  }
  if (!report.cname_tail.empty()) {
    out += "; alias of ";
    append_plain(out, report.cname_tail);
  }
}

}  // namespace egresswatch::publish
