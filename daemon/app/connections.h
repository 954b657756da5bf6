// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "app/context.h"
#include "correlate/connection.h"
#include "correlate/diagnose.h"
#include "correlate/process_table.h"
#include "egresswatch/model/events.h"
#include "egresswatch/model/report.h"

namespace egresswatch::app {

// The life of outbound TCP connections: each event is joined to its socket, named, counted and reported.
class Connections {
 public:
  Connections(Context& context, correlate::ProcessTable& processes, std::size_t capacity);

  void on(const TcpAttempt& event);
  void on(const TcpEstablished& event);
  void on(const TcpFirstByte& event);
  void on(const TcpClosed& event);
  void on(const ConnectFailed& event);
  void on(const TcpExisting& event);
  // The owners of the existing sockets of this batch are looked up together: one pass over /proc for all.
  void on_batch_end(std::uint64_t now_ns);

  // Between the two, TcpExisting says what is still open; what it does not name has ended without being seen.
  void begin_resynchronisation();
  void end_resynchronisation();

  [[nodiscard]] const correlate::ConnectionTable& table() const { return table_; }

 private:
  correlate::Connection* find_or_recover(SocketId socket, const Tuple& tuple, std::uint64_t attempt_ns,
                                         std::uint64_t time_ns);
  correlate::Connection* insert(SocketId socket, const Process& process, const Tuple& tuple, std::uint64_t time_ns);
  void release(correlate::Connection& connection);
  void open(correlate::Connection& connection);
  [[nodiscard]] bool counted_before_eviction(std::uint64_t attempt_ns) const;
  void count_attempt(correlate::Connection& connection, std::uint64_t attempt_ns);
  void count(const TcpClosed& event, correlate::Connection& connection, const correlate::Diagnosis& diagnosis);
  void report(ConnectionReport& report, correlate::Connection& connection, std::uint64_t time_ns);

  Context& context_;
  correlate::ProcessTable& processes_;
  correlate::ConnectionTable table_;
  std::vector<TcpExisting> existing_;
  std::uint64_t newest_evicted_ns_ = 0;  // time of its attempt
};

}  // namespace egresswatch::app
