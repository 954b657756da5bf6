// SPDX-License-Identifier: Apache-2.0
// What a connection is called, and what became of it.
#include <algorithm>

#include "app/connection_report.h"
#include "app/connections.h"
#include "app/destination.h"
#include "app/expectation.h"

namespace egresswatch::app {

using correlate::Connection;
using correlate::Diagnosis;
using correlate::NamePool;

namespace {

// What it would be if it ended now; none if it may still be on time.
Diagnosis pending(const Connection& connection, std::uint64_t now_ns) {
  using Kind = correlate::Exchange::Kind;
  if (connection.concluded) return {};
  // a SYN that this host could not send is no retransmission to the kernel, but was tried again
  if (!connection.established)
    return std::max(connection.syn_retransmits, connection.syn_time_count) >= 2
               ? Diagnosis{Stage::connect, Cause::no_reply}
               : Diagnosis{};
  if (connection.exchange.replied || connection.first_sent_ns == 0 ||
      since(connection.first_sent_ns, now_ns) < correlate::kPatienceNs)
    return {};
  switch (connection.exchange.kind) {
    case Kind::tls:
      return {Stage::tls, connection.repeating ? Cause::hello_not_acked : Cause::no_server_response};
    case Kind::tunnel:
    case Kind::proxied:
      return {Stage::proxy, Cause::proxy_error};
    case Kind::http:
      return {Stage::data, Cause::timeout};
    case Kind::none:
      break;
  }
  return {};
}

}  // namespace

void Connections::settle(SocketId socket, Connection& connection, std::uint64_t now_ns) {
  if (connection.settled) return count_due(connection);
  connection.settled = true;
  Destination destination = identify(context_, connection.remote, connection.process, now_ns);
  if (!destination.name.empty()) connection.dns_name = texts_.intern(destination.name);
  connection.answer_uid = destination.answer_uid;

  if (connection.wire_name != NamePool::kNone) {
    const std::string_view asked = texts_.text(connection.wire_name);
    const bool proxy = connection.through_proxy();
    // the name in the clear beside an encrypted one is that of a front
    const bool hides_another = connection.sni == Sni::encrypted && !destination.name.empty();
    // an address in place of a name tells nothing new, except to a proxy
    if (!hides_another && (proxy || !IpAddress::parse(asked)))
      destination =
          identify_asked(context_, asked, connection.wire_port ? connection.wire_port : connection.remote.port,
                         connection.name_source, proxy ? nullptr : &connection.remote);
  }
  connection.name_source = destination.source;
  connection.known_service = destination.id != kOtherService;
  connection.revocation = destination.id == id_of(BuiltinService::revocation);
  connection.imds = destination.id == id_of(BuiltinService::imds);
  connection.function = destination.function;
  const correlate::Unit& unit = context_.units.resolve(connection.process, now_ns);
  connection.series = context_.ledger.connection_series(destination.service, destination.host, unit.name);
  // once per attempt, as that is counted; where its record was lost, and nobody is known, Flows was told who it was
  if (connection.attempt_due && (connection.process.pid != 0 || connection.process.cgroup_id != 0)) {
    const Expectation expectation = judge(context_, connection.process, unit,
                                          {.destination = destination,
                                           .remote = connection.remote,
                                           .through_proxy = connection.through_proxy(),
                                           .asked_port = connection.wire_port});
    connection.unexpected = expectation.reason;
    connection.misses_private_endpoint = expectation.misses_private_endpoint;
  }
  if (connection.unexpected != Unexpected::none)
    context_.ledger.unexpected(connection.unexpected, unit.name, connection.process.name());
  context_.ledger.name_source(destination.source);
  if (destination.legacy) legacy_notice_.tell(context_, destination, connection.process, now_ns);
  if (connection.revocation) connection.holds_up = waiting_.waiting(connection.process, connection.attempt_ns);
  if (connection.holds_up == socket) connection.holds_up = 0;
  count_due(connection);
}

void Connections::settle_older_than(std::uint64_t time_ns, std::uint64_t now_ns) {
  for (; unsettled_begin_ < unsettled_.size(); ++unsettled_begin_) {
    const SocketId socket = unsettled_[unsettled_begin_];
    Connection* connection = table_.peek(socket);
    if (!connection || connection->settled) continue;
    if (connection->attempt_ns > time_ns) break;
    settle(socket, *connection, now_ns);
  }
  // moves what is left only when more than that is done with
  if (unsettled_begin_ * 2 < unsettled_.size()) return;
  unsettled_.erase(unsettled_.begin(), unsettled_.begin() + static_cast<std::ptrdiff_t>(unsettled_begin_));
  unsettled_begin_ = 0;
}

void Connections::conclude(Connection& connection, const Diagnosis& diagnosis, ConnectionReport& line,
                           std::uint64_t time_ns) {
  connection.concluded = true;
  line.stage = diagnosis.stage;
  line.cause = diagnosis.cause;
  if (diagnosis.failed()) {
    line.verdict = Verdict::failed;
    context_.ledger.failed(connection.series, diagnosis.stage, diagnosis.cause, time_ns + context_.wall_offset_ns);
    if (Connection* waiter = waiter_of(connection); waiter && waiter->waits_for == NamePool::kNone) {
      waiter->waits_for = connection.name();
      if (waiter->waits_for != NamePool::kNone) texts_.retain(waiter->waits_for);
    }
  } else {
    line.verdict = Verdict::cancelled;
    context_.ledger.event(account::EventType::cancelled);
  }
  report(line, connection, time_ns);
}

// A revocation host that does not answer, and the TLS connection of the same process that waits for it.
Connection* Connections::waiter_of(const Connection& connection) {
  Connection* waiter = connection.holds_up ? table_.peek(connection.holds_up) : nullptr;
  return waiter && !waiter->concluded ? waiter : nullptr;
}

void Connections::for_each_pending(std::uint64_t now_ns, const std::function<void(const ConnectionReport&)>& visit) {
  table_.for_each_oldest_first([&](const SocketId& socket, Connection& connection) {
    const Diagnosis diagnosis = pending(connection, now_ns);
    if (!diagnosis.failed()) return true;
    settle(socket, connection, now_ns);
    ConnectionReport line;
    line.verdict = Verdict::pending;
    line.stage = diagnosis.stage;
    line.cause = diagnosis.cause;
    line.connect_latency_ns = connection.latency_ns;
    if (connection.attempt_ns) line.duration_ns = since(connection.attempt_ns, now_ns);
    fill(line, connection, now_ns);
    visit(line);
    return true;
  });
}

void Connections::fill(ConnectionReport& line, Connection& connection, std::uint64_t time_ns) {
  describe_connection(line, connection, texts_);
  line.wall_time_ns = time_ns + context_.wall_offset_ns;
  line.service = context_.ledger.service_name(connection.series);
  line.name_source = connection.name_source;
  if (connection.name() != NamePool::kNone) line.host = texts_.text(connection.name());
  line.function = connection.function;
  line.unexpected = connection.unexpected;
  line.misses_private_endpoint = connection.misses_private_endpoint;
  const correlate::Unit& unit = context_.units.resolve(connection.process, time_ns);
  line.unit = unit.name;
  line.slice = unit.slice;
  line.container_id = unit.container_id;
  line.container_name = unit.container_name;
  if (const Connection* waiter = waiter_of(connection); waiter && waiter->name() != NamePool::kNone)
    line.evidence.holds_up = texts_.text(waiter->name());
  if (line.name_source == NameSource::service_tag)
    line.evidence.service_tag = context_.classifier->by_service_tag(line.remote.address).tag;
  // a name that came after the attempt
  if (!connection.pinned) connection.pinned = context_.names.pin(connection.remote.address, time_ns);
  if (connection.name_source != NameSource::none && connection.name_source != NameSource::service_tag) return;
  const Destination late = identify(context_, connection.remote, connection.process, time_ns);
  line.service = late.service;
  line.function = late.function;
  line.host = late.name;
  line.name_source = late.source;
}

void Connections::report(ConnectionReport& line, Connection& connection, std::uint64_t time_ns) {
  fill(line, connection, time_ns);
  context_.sink.connection(line);
}

}  // namespace egresswatch::app
