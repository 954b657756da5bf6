// SPDX-License-Identifier: Apache-2.0
#include "app/dns.h"

#include "egresswatch/model/report.h"

namespace egresswatch::app {

namespace {

struct Named {
  std::string_view service;
  std::string_view host;
};

Named classify_question(const Context& context, std::string_view question) {
  const auto match = context.classifier->by_name(question, 0);
  if (match.service == kOtherService) return {context.classifier->service_name(kOtherService), account::Ledger::kOther};
  return {context.classifier->service_name(match.service), question};
}

}  // namespace

Dns::Dns(Context& context, correlate::DnsTracker::Options options)
    : context_(context), tracker_(options), streams_(kMaxStreams) {}

void Dns::on(const DnsPacket& packet) {
  if (packet.tcp)
    on_segment(packet);
  else
    on_message(packet, packet.payload);
}

void Dns::on_segment(const DnsPacket& packet) {
  auto* stream = streams_.find_or_insert({packet.socket, packet.egress});
  if (!*stream) *stream = std::make_unique<decode::DnsStream>();
  decode::DnsStream& assembler = **stream;
  const auto before = assembler.counts();
  assembler.push(packet.tcp_seq, packet.payload, packet.original_length,
                 [&](std::span<const std::byte> wire) { on_message(packet, wire); });
  const auto& after = assembler.counts();
  stream_losses_ += (after.too_long - before.too_long) + (after.damaged - before.damaged) + (after.lost - before.lost);
}

void Dns::on_message(const DnsPacket& packet, std::span<const std::byte> wire) {
  if (const auto error = decode::parse_dns(wire, message_); error != decode::DnsError::none) {
    // a datagram that the kernel side cut is counted there
    if (packet.tcp || packet.payload.size() == packet.original_length) ++malformed_[static_cast<std::size_t>(error)];
    return;
  }
  if (packet.egress)
    tracker_.query(packet, message_);
  else
    on_answer(packet);
}

void Dns::on_answer(const DnsPacket& packet) {
  const auto outcome = tracker_.answer(packet, message_);
  if (!outcome) return;
  const std::uint64_t answer_uid = context_.names.learn(message_, outcome->asker.pid, packet.time_ns);
  const Named named = classify_question(context_, message_.question);
  context_.ledger.dns_answer(named.service, named.host, message_.rcode, outcome->duration_ns);
  if (outcome->cause != DnsCause::none) context_.ledger.dns_failure(named.service, named.host, outcome->cause);
  report(*outcome, message_.question, message_.question_type, packet.time_ns, &message_, answer_uid);
}

void Dns::expire(std::uint64_t now_ns) {
  tracker_.expire(now_ns, [&](const correlate::DnsOutcome& outcome, std::string_view question, std::uint16_t type) {
    const Named named = classify_question(context_, question);
    context_.ledger.dns_failure(named.service, named.host, outcome.cause);
    report(outcome, question, type, now_ns, nullptr, 0);
  });
}

void Dns::report(const correlate::DnsOutcome& outcome, std::string_view question, std::uint16_t type,
                 std::uint64_t time_ns, const DnsMessage* answer, std::uint64_t answer_uid) {
  DnsReport line;
  line.wall_time_ns = time_ns + context_.wall_offset_ns;
  line.service = classify_question(context_, question).service;
  line.unit = context_.units.resolve(outcome.asker, time_ns).name;
  line.process = outcome.asker.name();
  line.pid = outcome.asker.pid;
  line.question = question;
  line.question_type = type;
  line.cause = outcome.cause;
  line.duration_ns = outcome.duration_ns;
  line.resolver = outcome.resolver;
  if (answer) {
    line.rcode = answer->rcode;
    line.address_count = static_cast<std::uint32_t>(answer->address_count);
    if (answer->address_count) line.first_address = answer->addresses[0].address;
    line.cnames = std::span(answer->cnames).first(answer->cname_count);
    line.addresses = std::span(answer->addresses).first(answer->address_count);
    line.answer_uid = answer_uid;
    if (answer->cname_count) line.cname_tail = answer->cnames[answer->cname_count - 1];
  }
  context_.sink.dns(line);
}

}  // namespace egresswatch::app
