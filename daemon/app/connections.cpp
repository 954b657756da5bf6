// SPDX-License-Identifier: Apache-2.0
#include "app/connections.h"

#include <netinet/in.h>

#include <algorithm>
#include <cerrno>

#include "app/destination.h"

namespace egresswatch::app {

using correlate::Connection;
using correlate::Diagnosis;

namespace {

// linux/tcp_states.h
constexpr std::uint32_t kSynSent = 2;

// Times of one connection run backwards only in a recording that somebody made up.
std::uint64_t since(std::uint64_t then_ns, std::uint64_t now_ns) { return now_ns > then_ns ? now_ns - then_ns : 0; }

// From the first SYN to established; 0 where either was not seen.
std::uint64_t connect_latency(const TcpClosed& closed) {
  return closed.attempt_ns && closed.established_ns ? since(closed.attempt_ns, closed.established_ns) : 0;
}

// False for what was established before the start: of that only the end is seen.
bool handshake_was_seen(const TcpClosed& closed) {
  return !closed.existed_at_start || closed.established_ns != 0 || closed.old_state == kSynSent;
}

bool speaks_ipv6(const Connection& connection) { return !connection.remote.address.is_v4(); }

int shown_error(const ConnectFailed& failed) {
  if (failed.verdict_error) return -failed.verdict_error;
  // the tables say "not here, try the next one"; after the last of them connect() says ENETUNREACH
  if (failed.route_error == -EAGAIN) return ENETUNREACH;
  return failed.route_error ? -failed.route_error : EPERM;
}

}  // namespace

Connections::Connections(Context& context, correlate::ProcessTable& processes, std::size_t capacity)
    : context_(context), processes_(processes), table_(capacity, [this](const SocketId&, Connection& connection) {
        newest_evicted_ns_ = std::max(newest_evicted_ns_, connection.attempt_ns);
        release(connection);
      }) {}

// What the table held of this connection is given back: its place in the gauge and its hold on names.
void Connections::release(Connection& connection) {
  if (connection.open) context_.ledger.closed(connection.series);
  if (connection.pinned) context_.names.unpin(connection.remote.address);
  connection.open = false;
  connection.pinned = false;
}

void Connections::open(Connection& connection) {
  if (!connection.open) context_.ledger.opened(connection.series);
  connection.open = true;
}

// Entries are evicted in the order of their use, which is about that of their attempts: an attempt that is no newer
// than any evicted one was counted then, a newer one without an entry was lost on the way here.
bool Connections::counted_before_eviction(std::uint64_t attempt_ns) const {
  return attempt_ns != 0 && attempt_ns <= newest_evicted_ns_;
}

void Connections::count_attempt(Connection& connection, std::uint64_t attempt_ns) {
  if (!connection.attempt_counted && !counted_before_eviction(attempt_ns)) context_.ledger.attempt(connection.series);
  connection.attempt_counted = true;
}

Connection* Connections::insert(SocketId socket, const Process& process, const Tuple& tuple, std::uint64_t time_ns) {
  Connection* connection = table_.find_or_insert(socket);
  if (!connection) return nullptr;
  // the same socket may connect again
  release(*connection);
  *connection = {};
  connection->process = process;
  connection->remote = tuple.remote;
  connection->family = tuple.family;
  connection->seen = true;
  const Destination destination = identify(context_, tuple.remote, process.pid, time_ns);
  connection->name_source = destination.source;
  connection->series = context_.ledger.connection_series(destination.service, destination.host,
                                                         context_.units.resolve(process, time_ns).name);
  connection->pinned = context_.names.pin(tuple.remote.address);
  context_.ledger.name_source(destination.source);
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
  connection->attempt_ns = event.time_ns;
  connection->attempt_counted = true;
  context_.ledger.attempt(connection->series);
}

void Connections::on(const TcpEstablished& event) {
  const std::uint64_t attempt_ns = event.latency_ns ? since(event.latency_ns, event.time_ns) : 0;
  Connection* connection = find_or_recover(event.socket, event.tuple, attempt_ns, event.time_ns);
  if (!connection) return;
  count_attempt(*connection, attempt_ns);
  connection->established_counted = true;
  context_.ledger.established(connection->series, speaks_ipv6(*connection), event.latency_ns,
                              event.time_ns + context_.wall_offset_ns);
  open(*connection);
  context_.ledger.traffic(connection->series, {.syn_retransmits = event.syn_retransmits});

  ConnectionReport line;
  line.verdict = Verdict::ok;
  line.netns = event.netns;
  line.local = event.tuple.local;
  line.connect_latency_ns = event.latency_ns;
  line.duration_ns = event.latency_ns;
  line.syn_retransmits = event.syn_retransmits;
  line.srtt_us = event.srtt_us;
  report(line, *connection, event.time_ns);
}

void Connections::on(const TcpFirstByte& event) {
  const Connection* connection = table_.find(event.socket);
  // a server that speaks first tells nothing about how long an answer takes
  if (connection && event.sent_ns != 0 && event.sent_ns <= event.time_ns)
    context_.ledger.first_byte(connection->series, event.time_ns - event.sent_ns);
}

void Connections::count(const TcpClosed& event, Connection& connection, const Diagnosis& diagnosis) {
  if (handshake_was_seen(event)) count_attempt(connection, event.attempt_ns);
  const bool established = event.established_ns != 0;
  const bool established_counted = connection.established_counted || counted_before_eviction(event.attempt_ns);
  if (established && !established_counted)
    context_.ledger.established(connection.series, speaks_ipv6(connection), connect_latency(event),
                                event.established_ns + context_.wall_offset_ns);
  context_.ledger.traffic(connection.series,
                          {.sent_bytes = event.bytes_sent,
                           .received_bytes = event.bytes_received,
                           .retransmits = event.retransmits,
                           .syn_retransmits = established && established_counted ? 0 : event.syn_retransmits});
  if (diagnosis.failed())
    context_.ledger.failed(connection.series, diagnosis.stage, diagnosis.cause,
                           event.time_ns + context_.wall_offset_ns);
  else if (diagnosis.cause == Cause::cancelled)
    context_.ledger.event(account::EventType::cancelled);
}

void Connections::on(const TcpClosed& event) {
  Connection* connection = find_or_recover(event.socket, event.tuple, event.attempt_ns, event.time_ns);
  if (!connection) return;
  const Diagnosis diagnosis = correlate::diagnose(event);
  count(event, *connection, diagnosis);

  ConnectionReport line;
  line.verdict = diagnosis.failed()                    ? Verdict::failed
                 : diagnosis.cause == Cause::cancelled ? Verdict::cancelled
                                                       : Verdict::closed;
  line.stage = diagnosis.stage;
  line.cause = diagnosis.cause;
  line.netns = event.netns;
  line.local = event.tuple.local;
  if (event.attempt_ns) line.duration_ns = since(event.attempt_ns, event.time_ns);
  line.connect_latency_ns = connect_latency(event);
  line.syn_retransmits = event.syn_retransmits;
  line.retransmits = event.retransmits;
  line.bytes_sent = event.bytes_sent;
  line.bytes_received = event.bytes_received;
  line.srtt_us = event.srtt_us;
  line.error = event.error ? event.error : event.error_soft;
  report(line, *connection, event.time_ns);

  release(*connection);
  table_.erase(event.socket);
}

void Connections::on(const ConnectFailed& event) {
  Connection* connection = insert(event.socket, event.process, event.tuple, event.attempt_ns);
  if (!connection) return;
  const Diagnosis diagnosis = correlate::diagnose(event);
  context_.ledger.attempt(connection->series);
  context_.ledger.failed(connection->series, diagnosis.stage, diagnosis.cause,
                         event.attempt_ns + context_.wall_offset_ns);

  ConnectionReport line;
  line.verdict = Verdict::failed;
  line.stage = diagnosis.stage;
  line.cause = diagnosis.cause;
  line.netns = event.netns;
  line.duration_ns = 0;
  line.error = shown_error(event);
  report(line, *connection, event.attempt_ns);

  release(*connection);
  table_.erase(event.socket);
}

void Connections::on(const TcpExisting& event) {
  if (Connection* known = table_.find(event.socket)) {
    known->seen = true;
    // where its EGW_TCP_ESTABLISHED was lost
    if (event.state != kSynSent) open(*known);
    return;
  }
  existing_.push_back(event);
}

void Connections::on_batch_end(std::uint64_t now_ns) {
  if (existing_.empty()) return;
  std::vector<std::uint64_t> inodes;
  for (const TcpExisting& event : existing_)
    if (event.inode) inodes.push_back(event.inode);
  const auto owners = processes_.socket_owners(inodes);

  for (const TcpExisting& event : existing_) {
    Process process;
    if (const auto owner = owners.find(event.inode); owner != owners.end()) process = owner->second;
    process.uid = event.uid;
    Connection* connection = insert(event.socket, process, event.tuple, now_ns);
    if (!connection) continue;
    if (event.state != kSynSent) open(*connection);
  }
  existing_.clear();
}

void Connections::begin_resynchronisation() {
  table_.for_each_oldest_first([](const SocketId&, Connection& connection) {
    connection.seen = false;
    return true;
  });
}

void Connections::end_resynchronisation() {
  std::vector<SocketId> gone;
  table_.for_each_oldest_first([&](const SocketId& socket, Connection& connection) {
    if (!connection.seen) {
      release(connection);
      gone.push_back(socket);
    }
    return true;
  });
  for (const SocketId socket : gone) table_.erase(socket);
}

void Connections::report(ConnectionReport& line, Connection& connection, std::uint64_t time_ns) {
  const Destination destination = identify(context_, connection.remote, connection.process.pid, time_ns);
  // a name that came after the attempt
  if (!connection.pinned) connection.pinned = context_.names.pin(connection.remote.address);
  line.wall_time_ns = time_ns + context_.wall_offset_ns;
  line.service = destination.service;
  line.host = destination.name;
  line.name_source = destination.source;
  line.unit = context_.units.resolve(connection.process, time_ns).name;
  line.process = connection.process.name();
  line.pid = connection.process.pid;
  line.uid = connection.process.uid;
  line.remote = connection.remote;
  line.family = connection.family;
  context_.sink.connection(line);
}

}  // namespace egresswatch::app
