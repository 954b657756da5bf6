// SPDX-License-Identifier: Apache-2.0
#include "app/connections.h"

#include <algorithm>

#include "app/connection_report.h"
#include "correlate/tcp_state.h"
#include "decode/server_reply.h"

namespace egresswatch::app {

using correlate::Connection;
using correlate::Diagnosis;
using correlate::kTcpClose;
using correlate::kTcpSynSent;

namespace {

// False for what was established before the start: of that only the end is seen.
bool handshake_was_seen(const TcpClosed& closed) {
  return !closed.existed_at_start || closed.established_ns != 0 || closed.old_state == kTcpSynSent;
}

bool speaks_ipv6(const Connection& connection) { return !connection.remote.address.is_v4(); }

}  // namespace

// Of names there are at most two per connection, and many share theirs.
Connections::Connections(Context& context, correlate::ProcessTable& processes, std::size_t capacity)
    : context_(context),
      processes_(processes),
      texts_(capacity),
      table_(capacity, [this](const SocketId& socket, Connection& connection) {
        newest_evicted_ns_ = std::max(newest_evicted_ns_, connection.attempt_ns);
        settle(socket, connection, connection.attempt_ns);
        release(socket, connection);
      }) {}

// What the table held of this connection is given back: its place in the gauge and its hold on names.
void Connections::release(SocketId socket, Connection& connection) {
  if (connection.open) context_.ledger.closed(connection.series);
  if (connection.pinned) context_.names.unpin(connection.remote.address);
  for (const auto text : {connection.dns_name, connection.wire_name, connection.waits_for})
    if (text != correlate::NamePool::kNone) texts_.release(text);
  connection.dns_name = connection.wire_name = connection.waits_for = correlate::NamePool::kNone;
  connection.open = false;
  connection.pinned = false;
  openings_.forget(socket);
}

// Entries are evicted in the order of their use, which is about that of their attempts: an attempt that is no newer
// than any evicted one was counted then, a newer one without an entry was lost on the way here.
bool Connections::counted_before_eviction(std::uint64_t attempt_ns) const {
  return attempt_ns != 0 && attempt_ns <= newest_evicted_ns_;
}

void Connections::know_attempt(Connection& connection, std::uint64_t attempt_ns) {
  if (!connection.attempt_known) connection.attempt_due = !counted_before_eviction(attempt_ns);
  connection.attempt_known = true;
}

void Connections::know_established(Connection& connection, bool counted_before) {
  if (!connection.established_known) connection.established_due = !counted_before;
  connection.established_known = true;
  connection.established = true;
}

Connection* Connections::insert(SocketId socket, const Process& process, const Tuple& tuple, std::uint64_t time_ns) {
  Connection* connection = table_.find_or_insert(socket);
  if (!connection) return nullptr;
  // the same socket may connect again
  if (connection->attempt_known) settle(socket, *connection, time_ns);
  release(socket, *connection);
  *connection = {};
  connection->process = process;
  connection->local = tuple.local;
  connection->remote = tuple.remote;
  connection->family = tuple.family;
  connection->seen = true;
  connection->pinned = context_.names.pin(tuple.remote.address, time_ns);
  // while the process and its cgroup are there: the answer is remembered
  context_.units.resolve(process, time_ns);
  if (unsettled_.size() - unsettled_begin_ >= table_.capacity()) settle_older_than(time_ns, time_ns);
  unsettled_.push_back(socket);
  return connection;
}

// For an event whose attempt was lost or evicted: the process is not known any more.
Connection* Connections::find_or_recover(SocketId socket, const Tuple& tuple, std::uint64_t attempt_ns,
                                         std::uint64_t time_ns) {
  if (Connection* found = table_.find(socket)) return found;
  Connection* connection = insert(socket, Process{}, tuple, time_ns);
  if (connection) connection->attempt_ns = attempt_ns;
  return connection;
}

void Connections::on(const TcpAttempt& event) {
  Connection* connection = insert(event.socket, event.process, event.tuple, event.time_ns);
  if (!connection) return;
  connection->netns = event.netns;
  connection->attempt_ns = event.time_ns;
  connection->attempt_known = true;
  connection->attempt_due = true;
}

void Connections::on(const TcpEstablished& event) {
  const std::uint64_t attempt_ns = event.latency_ns ? since(event.latency_ns, event.time_ns) : 0;
  Connection* connection = find_or_recover(event.socket, event.tuple, attempt_ns, event.time_ns);
  if (!connection) return;
  connection->netns = event.netns;
  connection->local = event.tuple.local;
  connection->established_ns = event.time_ns;
  connection->latency_ns = event.latency_ns;
  connection->srtt_us = event.srtt_us;
  connection->syn_retransmits = event.syn_retransmits;
  know_attempt(*connection, attempt_ns);
  know_established(*connection, false);
  if (connection->settled) count_due(*connection);
}

void Connections::on(const TcpPayload& event) {
  Connection* connection = table_.find(event.socket);
  if (!connection) return;
  if (connection->first_sent_ns == 0) connection->first_sent_ns = event.time_ns;
  const Opening& opening = openings_.on(event);
  note_opening(*connection, opening);
  if (opening.complete || !opening.name.empty()) settle(event.socket, *connection, event.time_ns);
}

void Connections::note_opening(Connection& connection, const Opening& opening) {
  connection.exchange.kind = opening.kind;
  connection.exchange.hello_bytes = opening.hello_bytes;
  connection.sni = opening.sni;
  if (connection.settled || opening.name.empty() || connection.wire_name != correlate::NamePool::kNone) return;
  connection.wire_name = texts_.intern(opening.name);
  connection.wire_port = opening.port;
  connection.name_source = opening.source;
}

void Connections::on(const TcpFirstByte& event) {
  Connection* connection = table_.find(event.socket);
  if (!connection) return;
  openings_.forget(event.socket);
  connection->first_received_ns = event.time_ns;
  if (event.sent_ns != 0) connection->first_sent_ns = event.sent_ns;
  connection->exchange.replied = true;
  connection->exchange.reply = decode::parse_server_reply(event.received());
  connection->repeating = false;
  settle(event.socket, *connection, event.time_ns);
  // a server that speaks first tells nothing about how long an answer takes
  if (event.sent_ns != 0 && event.sent_ns <= event.time_ns)
    context_.ledger.first_byte(connection->series, event.time_ns - event.sent_ns);
  if (connection->exchange.reply.kind == ServerReply::Kind::tls_handshake)
    waiting_.certificate_came(connection->process, event.socket, event.time_ns);

  const std::uint16_t port = connection->wire_port ? connection->wire_port : connection->remote.port;
  const Diagnosis diagnosis =
      correlate::diagnose(connection->exchange, {connection->known_service, connection->imds, port});
  if (connection->concluded) return;
  if (!diagnosis.failed())
    return context_.ledger.succeeded(connection->series, event.time_ns + context_.wall_offset_ns);
  ConnectionReport line;
  line.duration_ns = connection->attempt_ns ? since(connection->attempt_ns, event.time_ns) : 0;
  line.connect_latency_ns = connection->latency_ns;
  line.srtt_us = connection->srtt_us;
  conclude(*connection, diagnosis, line, event.time_ns);
}

void Connections::on(const TcpRetransmit& event) {
  Connection* connection = table_.find(event.socket);
  if (!connection) return;
  if (event.state != kTcpSynSent) {
    connection->repeating = true;
    return;
  }
  connection->syn_retransmits = event.count;
  if (connection->attempt_ns && connection->syn_time_count < Evidence::kMaxSynTimes)
    connection->syn_times_ms[connection->syn_time_count++] =
        static_cast<std::uint32_t>(since(connection->attempt_ns, event.time_ns) / 1'000'000);
  // the handshake will take seconds now, if it comes at all
  settle(event.socket, *connection, event.time_ns);
}

void Connections::on(const TcpClosing& event) {
  const TcpClosed& now = event.now;
  Connection* connection = find_or_recover(now.socket, now.tuple, now.attempt_ns, now.time_ns);
  if (!connection || connection->concluded) return;
  if (now.first_sent_ns) connection->first_sent_ns = now.first_sent_ns;
  if (handshake_was_seen(now)) know_attempt(*connection, now.attempt_ns);
  settle(now.socket, *connection, now.time_ns);
  const Diagnosis diagnosis = correlate::diagnose(now, circumstances(*connection, now));
  if (diagnosis == Diagnosis{}) return;
  ConnectionReport line;
  describe_end(line, now, context_.drop_reasons);
  conclude(*connection, diagnosis, line, now.time_ns);
}

void Connections::on(const TcpClosed& event) {
  Connection* connection = find_or_recover(event.socket, event.tuple, event.attempt_ns, event.time_ns);
  if (!connection) return;
  if (event.first_sent_ns) connection->first_sent_ns = event.first_sent_ns;
  if (event.first_received_ns) connection->first_received_ns = event.first_received_ns;
  if (handshake_was_seen(event)) know_attempt(*connection, event.attempt_ns);
  const bool success_was_lost = event.established_ns != 0 && !connection->established_known;
  if (success_was_lost) {
    connection->established_ns = event.established_ns;
    connection->latency_ns = connect_latency(event);
    connection->syn_retransmits = event.syn_retransmits;
    know_established(*connection, counted_before_eviction(event.attempt_ns));
  }
  settle(event.socket, *connection, event.time_ns);
  context_.ledger.traffic(connection->series,
                          {.sent_bytes = event.bytes_sent,
                           .received_bytes = event.bytes_received,
                           .retransmits = event.retransmits,
                           .syn_retransmits = event.established_ns != 0 ? 0 : event.syn_retransmits});
  tell_end(event, *connection);
  release(event.socket, *connection);
  table_.erase(event.socket);
}

void Connections::tell_end(const TcpClosed& event, Connection& connection) {
  // what it looks like now may not be how it ended
  if (event.old_state == kTcpClose) {
    if (!connection.concluded) ++unseen_ends_;
    return;
  }
  ConnectionReport line;
  describe_end(line, event, context_.drop_reasons);
  const Diagnosis diagnosis =
      connection.concluded ? Diagnosis{} : correlate::diagnose(event, circumstances(connection, event));
  if (diagnosis != Diagnosis{}) {
    conclude(connection, diagnosis, line, event.time_ns);
  } else if (!connection.concluded) {
    // nothing was asked, or the record of the first answer is lost; otherwise the answer was the success
    const bool answer_missed = event.bytes_received > 0 && !connection.exchange.replied;
    if (connection.attempt_known && (event.bytes_sent == 0 || answer_missed))
      context_.ledger.succeeded(connection.series, event.time_ns + context_.wall_offset_ns);
    line.verdict = Verdict::closed;
    report(line, connection, event.time_ns);
  }
}

void Connections::on(const ConnectFailed& event) {
  Connection* connection = insert(event.socket, event.process, event.tuple, event.attempt_ns);
  if (!connection) return;
  connection->netns = event.netns;
  connection->attempt_ns = event.attempt_ns;
  connection->attempt_known = connection->attempt_due = true;
  settle(event.socket, *connection, event.attempt_ns);
  ConnectionReport line;
  line.error = shown_error(event);
  conclude(*connection, correlate::diagnose(event), line, event.attempt_ns);
  release(event.socket, *connection);
  table_.erase(event.socket);
}

correlate::Circumstances Connections::circumstances(const Connection& connection, const TcpClosed& closed) const {
  return {.exchange = connection.exchange,
          .dropped_out_reason = context_.drop_reasons.name(closed.dropped_out_reason),
          .dropped_in_reason = context_.drop_reasons.name(closed.dropped_in_reason),
          .idle_threshold_ns = context_.idle_threshold_ns};
}

void Connections::count_due(Connection& connection) {
  if (connection.attempt_due) context_.ledger.attempt(connection.series);
  connection.attempt_due = false;
  if (!connection.established_due) return;
  connection.established_due = false;
  context_.ledger.established(connection.series, speaks_ipv6(connection), connection.latency_ns);
  context_.ledger.traffic(connection.series, {.syn_retransmits = connection.syn_retransmits});
  open(connection);

  ConnectionReport line;
  line.verdict = Verdict::ok;
  line.connect_latency_ns = connection.latency_ns;
  line.duration_ns = connection.latency_ns;
  line.srtt_us = connection.srtt_us;
  report(line, connection, connection.established_ns);
}

void Connections::open(Connection& connection) {
  if (!connection.open) context_.ledger.opened(connection.series);
  connection.open = true;
}

}  // namespace egresswatch::app
