// SPDX-License-Identifier: Apache-2.0
#include "publish/sentences.h"

#include "egresswatch/model/rcode.h"
#include "publish/failure_sentences.h"
#include "publish/phrases.h"
#include "publish/text.h"

namespace egresswatch::publish {
namespace {

void append_established(std::string& out, const ConnectionReport& report) {
  out += "connected";
  append_after(out, " in ", report.connect_latency_ns);
  if (report.syn_retransmits > 0) {
    out += ", after ";
    append_count(out, report.syn_retransmits, "lost SYN");
  }
  if (report.evidence.through_proxy && report.service == "imds")
    out += ", through a proxy: instance metadata must be asked for directly, a proxy answers for its own host";
}

void append_cancelled(std::string& out, const ConnectionReport& report) {
  out += "closed by the client";
  append_after(out, " after ", report.duration_ns);
  out += report.evidence.first_sent_ns ? ", soon after its first request: not a failure"
                                       : ", before an answer and before a SYN was repeated: not a failure";
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
      out += report.demanded_only
                 ? "a public address, and no alias of a private endpoint, which the configuration demands"
                 : "a public address, although there is a private endpoint: this resolver does not see the private DNS "
                   "zone";
      break;
    default:
      break;
  }
}

void append_outcome(std::string& out, const ConnectionReport& report) {
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
  if (report.verdict == Verdict::pending) out += "so far ";
  append_failure(out, report);
  append_involved(out, report);
}

std::string_view why_unexpected(Unexpected reason, bool misses_private_endpoint) {
  switch (reason) {
    case Unexpected::none:
      break;
    case Unexpected::not_in_policy:
      return misses_private_endpoint ? "a public address, while the configuration demands the private endpoint"
                                     : "no rule of the policy allows it";
    case Unexpected::no_name:
      return "no rule of the policy allows this address, and no name is known for it";
    case Unexpected::wrong_port:
      return "the policy allows this destination, but on other ports";
    case Unexpected::other_cloud:
      return "an endpoint of another cloud than the one that is configured";
    case Unexpected::outside_service_tag:
      return "the address is in none of the ranges that are published for the service, which may be older than it";
  }
  return {};
}

}  // namespace

void append_sentence(std::string& out, const ConnectionReport& report) {
  if (!report.message.empty()) return append_safe(out, report.message);
  append_outcome(out, report);
  if (report.unexpected == Unexpected::none || report.verdict == Verdict::closed) return;
  out += "; not expected: ";
  out += why_unexpected(report.unexpected, report.misses_private_endpoint);
}

void append_sentence(std::string& out, const FlowReport& report) {
  if (!report.message.empty()) return append_safe(out, report.message);
  out += to_string(report.protocol);
  if (report.raw_socket)
    out += " from a raw socket";
  else if (report.protocol == Protocol::tcp)
    out += ", what became of it is not known: its records were lost";
  if (report.unexpected == Unexpected::none) return;
  out += "; not expected: ";
  out += why_unexpected(report.unexpected, report.misses_private_endpoint);
}

void append_sentence(std::string& out, const DnsReport& report) {
  if (!report.message.empty()) return append_safe(out, report.message);
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
