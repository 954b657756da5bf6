// SPDX-License-Identifier: Apache-2.0
#include "app/connection_report.h"

#include <algorithm>
#include <cerrno>

namespace egresswatch::app {

using correlate::Connection;
using correlate::NamePool;

namespace {

// The kernel counts silence in ticks, from one on; less than this is only the answer on its way.
constexpr std::uint64_t kShortestSilenceNs = 10'000'000;

std::string_view text_of(const NamePool& texts, NamePool::Id id) {
  return id == NamePool::kNone ? std::string_view{} : texts.text(id);
}

// Of a drop that matters here the one on the way out comes first: without it nothing would have come in.
std::string_view drop_reason(const TcpClosed& closed, const DropReasonNames& names) {
  if (closed.dropped_out > 0) return names.name(closed.dropped_out_reason);
  if (closed.dropped_in > 0) return names.name(closed.dropped_in_reason);
  return {};
}

}  // namespace

std::uint64_t connect_latency(const TcpClosed& closed) {
  return closed.attempt_ns && closed.established_ns ? since(closed.attempt_ns, closed.established_ns) : 0;
}

void describe_connection(ConnectionReport& line, const Connection& connection, const NamePool& texts) {
  line.process = connection.process.name();
  line.pid = connection.process.pid;
  line.uid = connection.process.uid;
  line.process_start_ns = connection.process.start_time_ns;
  line.netns = connection.netns;
  if (line.local.port == 0) line.local = connection.local;
  line.remote = connection.remote;
  line.family = connection.family;
  line.syn_retransmits = std::max(line.syn_retransmits, connection.syn_retransmits);
  line.answer_uid = connection.answer_uid;

  Evidence& evidence = line.evidence;
  evidence.syn_times_ms = connection.syn_times_ms;
  evidence.syn_time_count = connection.syn_time_count;
  evidence.dns_name = text_of(texts, connection.dns_name);
  evidence.wire_name = text_of(texts, connection.wire_name);
  evidence.tls = connection.exchange.kind == correlate::Exchange::Kind::tls;
  evidence.sni = connection.sni;
  evidence.hello_bytes = connection.exchange.hello_bytes;
  evidence.through_proxy = connection.through_proxy();
  evidence.http_status = connection.exchange.reply.http_status;
  evidence.tls_alert = connection.exchange.reply.tls_alert;
  evidence.waits_for = text_of(texts, connection.waits_for);
  const std::uint64_t begin_ns = connection.attempt_ns;
  if (begin_ns && connection.first_sent_ns) evidence.first_sent_ns = since(begin_ns, connection.first_sent_ns);
  if (begin_ns && connection.first_received_ns)
    evidence.first_received_ns = since(begin_ns, connection.first_received_ns);
}

void describe_end(ConnectionReport& line, const TcpClosed& closed, const DropReasonNames& drop_reasons) {
  line.local = closed.tuple.local;
  if (closed.attempt_ns) line.duration_ns = since(closed.attempt_ns, closed.time_ns);
  line.connect_latency_ns = connect_latency(closed);
  line.syn_retransmits = closed.syn_retransmits;
  line.retransmits = closed.retransmits;
  line.bytes_sent = closed.bytes_sent;
  line.bytes_received = closed.bytes_received;
  line.srtt_us = closed.srtt_us;
  line.error = closed.error ? closed.error : closed.error_soft;

  Evidence& evidence = line.evidence;
  evidence.rst_received = closed.rst_received;
  evidence.icmp_origin = closed.icmp_origin;
  evidence.icmp_type = closed.icmp_type;
  evidence.icmp_code = closed.icmp_code;
  evidence.dropped_out = closed.dropped_out;
  evidence.dropped_in = closed.dropped_in;
  evidence.drop_reason = drop_reason(closed, drop_reasons);
  if (closed.established_ns == 0 && !closed.existed_at_start) return;  // a SYN has no acknowledgement, nor a past
  if (closed.idle_ns >= kShortestSilenceNs) evidence.idle_ns = closed.idle_ns;
  evidence.unacked_bytes = closed.unacked_bytes;
  evidence.stalled_retransmits = closed.stalled_retransmits;
}

int shown_error(const ConnectFailed& failed) {
  if (failed.verdict_error) return -failed.verdict_error;
  // the tables say "not here, try the next one"; after the last of them connect() says ENETUNREACH
  if (failed.route_error == -EAGAIN) return ENETUNREACH;
  return failed.route_error ? -failed.route_error : EPERM;
}

}  // namespace egresswatch::app
