// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "app/context.h"
#include "correlate/connection.h"
#include "correlate/name_pool.h"
#include "egresswatch/model/events.h"
#include "egresswatch/model/report.h"

// From what is remembered of a connection to what is said of it. The views in a report live as long as the names do.
namespace egresswatch::app {

// Times of one connection run backwards only in a recording that somebody made up.
constexpr std::uint64_t since(std::uint64_t then_ns, std::uint64_t now_ns) {
  return now_ns > then_ns ? now_ns - then_ns : 0;
}

// From the first SYN to established; 0 where either was not seen.
std::uint64_t connect_latency(const TcpClosed& closed);

// Who, where and which names: everything but the outcome.
void describe_connection(ConnectionReport& line, const correlate::Connection& connection,
                         const correlate::NamePool& texts);

// What the last record of a connection says, evidence included.
void describe_end(ConnectionReport& line, const TcpClosed& closed, const DropReasonNames& drop_reasons);

// What connect() returned, or would have.
int shown_error(const ConnectFailed& failed);

}  // namespace egresswatch::app
