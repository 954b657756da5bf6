// SPDX-License-Identifier: Apache-2.0
#include "app/connections.h"

#include <netinet/in.h>

#include <cerrno>

#include "app/destination.h"

namespace egresswatch::app {

using correlate::Connection;
using correlate::Diagnosis;

namespace {

// linux/tcp_states.h
constexpr std::uint32_t kSynSent = 2;

bool speaks_ipv6(const Connection& connection) { return !connection.remote.address.is_v4(); }

int shown_error(const ConnectFailed& failed) {
  if (failed.verdict_error) return -failed.verdict_error;
  // the tables say "not here, try the next one"; after the last of them connect() says ENETUNREACH
  if (failed.route_error == -EAGAIN) return ENETUNREACH;
  return failed.route_error ? -failed.route_error : EPERM;
}

}  // namespace

Connections::Connections(Context& context, correlate::ProcessTable& processes, std::size_t capacity)
    : context_(context),
      processes_(processes),
      table_(capacity, [this](const SocketId&, Connection& connection) { release(connection); }) {}

// What the table held of this connection is given back: its place in the gauge and its hold on names.
void Connections::release(Connection& connection) {
  if (connection.open) context_.ledger.closed(connection.series);
  if (connection.pinned) context_.names.unpin(connection.remote.address);
  connection.open = false;
  connection.pinned = false;
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
  const Destination destination = identify(context_, tuple.remote, process.pid, time_ns);
  connection->name_source = destination.source;
  connection->series = context_.ledger.connection_series(destination.service, destination.host,
                                                         context_.units.resolve(process, time_ns).name);
  connection->pinned = context_.names.pin(tuple.remote.address);
  context_.ledger.name_source(destination.source);
  return connection;
}

// For an event whose attempt was lost or evicted: the process is not known any more, the attempt did happen.
Connection* Connections::find_or_recover(SocketId socket, const Tuple& tuple, std::uint64_t time_ns) {
  if (Connection* found = table_.find(socket)) return found;
  Connection* connection = insert(socket, Process{}, tuple, time_ns);
  if (connection) context_.ledger.attempt(connection->series);
  return connection;
}

void Connections::on(const TcpAttempt& event) {
  Connection* connection = insert(event.socket, event.process, event.tuple, event.time_ns);
  if (!connection) return;
  connection->attempt_ns = event.time_ns;
  context_.ledger.attempt(connection->series);
}

void Connections::on(const TcpEstablished& event) {
  Connection* connection = find_or_recover(event.socket, event.tuple, event.time_ns);
  if (!connection) return;
  const std::uint64_t wall_ns = event.time_ns + context_.wall_offset_ns;
  context_.ledger.established(connection->series, speaks_ipv6(*connection), event.latency_ns, wall_ns);
  if (!connection->open) context_.ledger.opened(connection->series);
  connection->open = true;
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
  if (connection && event.sent_ns != 0) context_.ledger.first_byte(connection->series, event.time_ns - event.sent_ns);
}

void Connections::on(const TcpClosed& event) {
  Connection* connection = find_or_recover(event.socket, event.tuple, event.time_ns);
  if (!connection) return;
  const Diagnosis diagnosis = correlate::diagnose(event);
  const bool was_open = connection->open;
  // SYNs of an established connection were counted when it was established
  context_.ledger.traffic(connection->series, {.sent_bytes = event.bytes_sent,
                                               .received_bytes = event.bytes_received,
                                               .retransmits = event.retransmits,
                                               .syn_retransmits = was_open ? 0 : event.syn_retransmits});
  if (diagnosis.failed())
    context_.ledger.failed(connection->series, diagnosis.stage, diagnosis.cause,
                           event.time_ns + context_.wall_offset_ns);
  else if (diagnosis.cause == Cause::cancelled)
    context_.ledger.event(account::EventType::cancelled);

  ConnectionReport line;
  line.verdict = diagnosis.failed()                    ? Verdict::failed
                 : diagnosis.cause == Cause::cancelled ? Verdict::cancelled
                                                       : Verdict::closed;
  line.stage = diagnosis.stage;
  line.cause = diagnosis.cause;
  line.netns = event.netns;
  line.local = event.tuple.local;
  if (event.attempt_ns) line.duration_ns = event.time_ns - event.attempt_ns;
  if (event.attempt_ns && event.established_ns) line.connect_latency_ns = event.established_ns - event.attempt_ns;
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
    connection->seen = true;
    connection->open = event.state != kSynSent;
    if (connection->open) context_.ledger.opened(connection->series);
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
