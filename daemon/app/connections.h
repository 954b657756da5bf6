// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "app/context.h"
#include "app/legacy_notice.h"
#include "app/openings.h"
#include "app/waiting.h"
#include "base/archive.h"
#include "correlate/connection.h"
#include "correlate/diagnose.h"
#include "correlate/name_pool.h"
#include "correlate/process_table.h"
#include "egresswatch/model/events.h"
#include "egresswatch/model/report.h"

namespace egresswatch::app {

// The life of outbound TCP connections: each event is joined to its socket, named, counted and reported.
//
// Nothing is counted before the destination is settled, since a counter cannot be taken back: what the client asks for
// (SNI, CONNECT, Host) beats what the DNS said of the address, and comes milliseconds after the handshake. It is
// settled by what the client sends, by the first answer, by a repeated SYN, by the end, and at the latest
// kSettleAfterNs after the attempt, at the next tick or scrape.
class Connections {
 public:
  static constexpr std::uint64_t kSettleAfterNs = 1'000'000'000;

  Connections(Context& context, correlate::ProcessTable& processes, std::size_t capacity);

  void on(const TcpAttempt& event);
  void on(const TcpEstablished& event);
  void on(const TcpPayload& event);
  void on(const TcpFirstByte& event);
  void on(const TcpRetransmit& event);
  void on(const TcpClosing& event);
  void on(const TcpClosed& event);
  void on(const ConnectFailed& event);
  void on(const TcpExisting& event);
  // The owners of the existing sockets of this batch are looked up together: one pass over /proc for all.
  void on_batch_end(std::uint64_t now_ns);

  // Settles what began before this time.
  void settle_older_than(std::uint64_t time_ns, std::uint64_t now_ns);

  // Between the two, TcpExisting says what is still open; what it does not name has ended without being seen.
  void begin_resynchronisation();
  void end_resynchronisation();

  // Connections that are unanswered for so long that they will probably fail: a SYN repeated twice, a first request
  // without an answer for kPatienceNs. Looks at every connection.
  void for_each_pending(std::uint64_t now_ns, const std::function<void(const ConnectionReport&)>& visit);

  // What is known of open connections, for restore() of the next process, whose ledger and names must have been
  // restored before. Openings that are half read are not saved: the DNS names such a connection.
  void save(ArchiveWriter& archive) const;
  void restore(ArchiveReader& archive, std::uint64_t now_ns);
  // In place of restore(), where nothing is known of what is open. What was attempted before this time is counted
  // already.
  void begin_after(std::uint64_t time_ns) { newest_evicted_ns_ = time_ns; }

  [[nodiscard]] const correlate::ConnectionTable& table() const { return table_; }
  [[nodiscard]] const correlate::NamePool& texts() const { return texts_; }
  [[nodiscard]] const Openings& openings() const { return openings_; }
  // Connections of which only that they are gone was seen: no outcome is told.
  [[nodiscard]] std::uint64_t unseen_ends() const { return unseen_ends_; }

 private:
  using Connection = correlate::Connection;

  Connection* find_or_recover(SocketId socket, const Tuple& tuple, std::uint64_t attempt_ns, std::uint64_t time_ns);
  Connection* insert(SocketId socket, const Process& process, const Tuple& tuple, std::uint64_t time_ns);
  void release(SocketId socket, Connection& connection);
  void open(Connection& connection);
  [[nodiscard]] bool counted_before_eviction(std::uint64_t attempt_ns) const;
  void know_attempt(Connection& connection, std::uint64_t attempt_ns);
  void know_established(Connection& connection, bool counted_before);

  void settle(SocketId socket, Connection& connection, std::uint64_t now_ns);
  void count_due(Connection& connection);
  void note_opening(Connection& connection, const Opening& opening);

  void tell_end(const TcpClosed& event, Connection& connection);
  void conclude(Connection& connection, const correlate::Diagnosis& diagnosis, ConnectionReport& line,
                std::uint64_t time_ns);
  [[nodiscard]] Connection* waiter_of(const Connection& connection);
  void fill(ConnectionReport& line, Connection& connection, std::uint64_t time_ns);
  void report(ConnectionReport& line, Connection& connection, std::uint64_t time_ns);
  [[nodiscard]] correlate::Circumstances circumstances(const Connection& connection, const TcpClosed& closed) const;

  Context& context_;
  correlate::ProcessTable& processes_;
  correlate::NamePool texts_;
  Openings openings_;
  WaitingConnections waiting_;
  LegacyNotice legacy_notice_;
  correlate::ConnectionTable table_;
  std::vector<SocketId> unsettled_;  // in the order of their attempts; may name what is settled or gone
  std::size_t unsettled_begin_ = 0;
  std::vector<TcpExisting> existing_;
  std::uint64_t newest_evicted_ns_ = 0;  // time of its attempt
  std::uint64_t unseen_ends_ = 0;
};

}  // namespace egresswatch::app
