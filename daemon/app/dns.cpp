// SPDX-License-Identifier: Apache-2.0
#include "app/dns.h"

#include <algorithm>

#include "app/host_resolution.h"

namespace egresswatch::app {

namespace {

struct Named {
  ServiceId id = kOtherService;
  std::string_view service;
  std::string_view host;
};

Named classify_question(const Context& context, std::string_view question) {
  const auto match = context.classifier->by_name(question, 0);
  return {match.service, context.classifier->service_name(match.service),
          match.service == kOtherService ? account::Ledger::kOther : question};
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
  DnsReport line = describe(*outcome, message_.question, message_.question_type, packet.time_ns);
  line.answer_uid = context_.names.learn(message_, asker_of(outcome->asker), packet.time_ns);
  line.rcode = message_.rcode;
  line.address_count = static_cast<std::uint32_t>(message_.address_count);
  if (message_.address_count) line.first_address = message_.addresses[0].address;
  line.cnames = std::span(message_.cnames).first(message_.cname_count);
  line.addresses = std::span(message_.addresses).first(message_.address_count);
  if (message_.cname_count) line.cname_tail = message_.cnames[message_.cname_count - 1];

  const Named named = classify_question(context_, message_.question);
  line.cause = cause_of(*outcome, named.id);
  line.demanded_only = outcome->cause == DnsCause::none && line.cause != DnsCause::none;
  context_.ledger.dns_answer(named.service, named.host, message_.rcode, outcome->duration_ns);
  if (line.cause != DnsCause::none) context_.ledger.dns_failure(named.service, named.host, line.cause);
  note_resolution(line, named.id);
  context_.sink.dns(line);
}

// What the configuration says of a vault's address beats what the chain of aliases suggests.
DnsCause Dns::cause_of(const correlate::DnsOutcome& outcome, ServiceId service) const {
  using classify::EndpointDemand;
  const DnsCause cause = outcome.cause;
  const bool public_answer = cause == DnsCause::public_answer_despite_private_link;
  if (!is_vault(service) || (cause != DnsCause::none && !public_answer)) return cause;
  switch (context_.classifier->endpoint_demand(message_.question)) {
    case EndpointDemand::none:
      return cause;
    case EndpointDemand::public_endpoint:
      return DnsCause::none;
    case EndpointDemand::private_endpoint:
      break;
  }
  const auto addresses = std::span(message_.addresses).first(message_.address_count);
  const bool all_private = std::ranges::all_of(addresses, [](const auto& entry) { return entry.address.is_private(); });
  return all_private ? cause : DnsCause::public_answer_despite_private_link;
}

// An answer without addresses of one family says nothing, one that there is no such name that nothing is known any
// more.
void Dns::note_resolution(const DnsReport& answer, ServiceId service) {
  if (service == kOtherService) return;
  const Resolution kind = host_resolution(answer, is_vault(service)).kind;
  if (kind != Resolution::none || answer.cause == DnsCause::nxdomain)
    context_.ledger.resolution(answer.service, answer.question, kind);
}

void Dns::expire(std::uint64_t now_ns) {
  tracker_.expire(now_ns, [&](const correlate::DnsOutcome& outcome, std::string_view question, std::uint16_t type) {
    const Named named = classify_question(context_, question);
    context_.ledger.dns_failure(named.service, named.host, outcome.cause);
    context_.sink.dns(describe(outcome, question, type, now_ns));
  });
}

DnsReport Dns::describe(const correlate::DnsOutcome& outcome, std::string_view question, std::uint16_t type,
                        std::uint64_t time_ns) {
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
  return line;
}

}  // namespace egresswatch::app
