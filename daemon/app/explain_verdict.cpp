// SPDX-License-Identifier: Apache-2.0
#include "app/explain_verdict.h"

#include "publish/sentences.h"
#include "publish/text.h"

namespace egresswatch::app {
namespace {

constexpr std::uint16_t kTypeA = 1;

void append_ago(std::string& out, std::uint64_t then_ns, std::uint64_t now_ns) {
  publish::append_age(out, now_ns > then_ns ? now_ns - then_ns : 0);
  out += " ago";
}

void append_unit(std::string& out, std::string_view unit) {
  if (unit.empty()) return;
  out += " for ";
  publish::append_plain(out, unit);
}

void append_where(std::string& out, std::string_view stage, std::string_view cause) {
  out += stage;
  out += '/';
  out += cause;
}

// No address came of it, so no connection can follow.
bool is_fatal(const DnsReport& answer) {
  return answer.cause != DnsCause::none && answer.cause != DnsCause::public_answer_despite_private_link;
}

// A name that has an address in one family can be reached, whatever the other family's question met. Of two failures
// that of A says more: a name without IPv6 is normal.
const DnsReport* dns_failure(const ExplainFacts& facts) {
  const DnsReport* failure = nullptr;
  for (const DnsReport* answer : facts.answers) {
    if (!is_fatal(*answer)) {
      if (answer->address_count > 0) return nullptr;
    } else if (!failure || answer->question_type == kTypeA) {
      failure = answer;
    }
  }
  return failure;
}

std::string never_seen(const std::string& target, const ExplainFacts& facts, std::uint64_t now_ns,
                       std::uint64_t since_ns) {
  std::string out = target + " was not seen since the daemon started ";
  append_ago(out, since_ns, now_ns);
  if (facts.match.service == kOtherService) {
    out += ", or it worked: successes of what the catalog does not name are not remembered";
  } else {
    out += "; it would be counted as ";
    publish::append_plain(out, facts.service);
    if (facts.port_decides) out += ", on the ports of that service";
  }
  return out;
}

std::string pending(std::string out, const ExplainFacts& facts) {
  const ConnectionReport& oldest = facts.pending.front().report();
  out += " is probably failing now: ";
  publish::append_number(out, std::uint64_t{facts.pending_count});
  out += facts.pending_count == 1 ? " connection waits" : " connections wait";
  append_unit(out, oldest.unit);
  out += ", ";
  append_where(out, to_string(oldest.stage), to_string(oldest.cause));
  out += ": ";
  publish::append_sentence(out, oldest);
  return out;
}

template <typename Report>
std::string failed(std::string out, const Report& report, std::string_view stage, std::uint64_t now_ns) {
  out += stage == "dns" ? " cannot be resolved: " : " fails: ";
  append_where(out, stage, to_string(report.cause));
  append_unit(out, report.unit);
  out += ' ';
  append_ago(out, report.wall_time_ns, now_ns);
  out += ": ";
  publish::append_sentence(out, report);
  return out;
}

std::string works(std::string out, const ExplainFacts& facts, std::uint64_t now_ns) {
  out += " works: connected ";
  append_ago(out, facts.success->wall_ns, now_ns);
  append_unit(out, facts.success->unit);
  if (facts.failures.empty()) return out;
  const ConnectionReport& before = *facts.failures.front();
  out += "; before that it failed (";
  append_where(out, to_string(before.stage), to_string(before.cause));
  out += ' ';
  append_ago(out, before.wall_time_ns, now_ns);
  out += ')';
  return out;
}

}  // namespace

ExplainVerdict explain_verdict(const ExplainFacts& facts, std::uint64_t now_ns, std::uint64_t since_ns) {
  std::string target;
  publish::append_plain(target, facts.target);
  if (!facts.seen()) return {"never_seen", never_seen(target, facts, now_ns, since_ns)};
  if (facts.pending_count > 0) return {to_string(Verdict::pending), pending(target, facts)};

  const std::uint64_t worked_ns = facts.success ? facts.success->wall_ns : 0;
  const ConnectionReport* failure = facts.failures.empty() ? nullptr : facts.failures.front();
  const DnsReport* unresolved = facts.address ? nullptr : dns_failure(facts);
  if (unresolved && unresolved->wall_time_ns > worked_ns &&
      (!failure || unresolved->wall_time_ns > failure->wall_time_ns))
    return {to_string(Verdict::failed), failed(target, *unresolved, "dns", now_ns)};
  if (failure && failure->wall_time_ns > worked_ns)
    return {to_string(Verdict::failed), failed(target, *failure, to_string(failure->stage), now_ns)};
  if (facts.success) return {to_string(Verdict::ok), works(target, facts, now_ns)};
  if (facts.cancelled)
    return {
        "unknown",
        target + " was given up by the client before an answer, which is no failure; no other outcome is remembered"};
  if (!facts.answers.empty()) return {"unknown", target + " was resolved; no outcome of a connection is remembered"};
  return {"unknown", target + " has a name; no outcome of a connection is remembered"};
}

}  // namespace egresswatch::app
