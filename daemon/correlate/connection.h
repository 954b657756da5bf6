// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "base/bounded_map.h"
#include "correlate/exchange.h"
#include "correlate/name_pool.h"
#include "egresswatch/model/events.h"
#include "egresswatch/model/outcome.h"
#include "egresswatch/model/report.h"

namespace egresswatch::correlate {

// What is remembered of an outbound TCP socket from its first event to its last.
struct Connection {
  Process process;
  Endpoint local;
  Endpoint remote;
  std::uint16_t family = 0;
  std::uint32_t netns = 0;

  bool open = false;         // established or found open: counted in the gauge
  bool pinned = false;       // keeps the names of its address
  bool seen = false;         // scratch of a resynchronisation
  bool settled = false;      // the destination is final: name, service and series are set
  bool established = false;  // the handshake was seen, or the socket found after it
  bool concluded = false;    // its outcome was told while it was still open: its end tells traffic only
  // Each is counted once, by the first record that tells of it: the one before may have been lost. What is due waits
  // for the destination.
  bool attempt_known = false;
  bool attempt_due = false;
  bool established_known = false;
  bool established_due = false;

  NameSource name_source = NameSource::none;
  NamePool::Id dns_name = NamePool::kNone;   // what the address was resolved from
  NamePool::Id wire_name = NamePool::kNone;  // what the client asked for: SNI, CONNECT, Host
  std::uint16_t wire_port = 0;               // of that; 0 = not said
  std::uint64_t answer_uid = 0;              // of the DNS answer with dns_name
  std::uint32_t series = 0;                  // the counters it belongs to, once settled
  bool revocation = false;                   // certificate revocation: others may wait for it
  bool imds = false;
  bool known_service = false;
  Function function = Function::none;
  Unexpected unexpected = Unexpected::none;  // once settled
  bool misses_private_endpoint = false;

  std::uint64_t attempt_ns = 0;  // 0 = before the daemon's start
  std::uint64_t established_ns = 0;
  std::uint64_t latency_ns = 0;
  std::uint32_t srtt_us = 0;
  std::uint32_t syn_retransmits = 0;
  std::uint32_t syn_time_count = 0;
  std::array<std::uint32_t, Evidence::kMaxSynTimes> syn_times_ms{};
  bool repeating = false;  // what was sent last had to be sent again, as far as is known

  Exchange exchange;
  Sni sni = Sni::absent;
  std::uint64_t first_sent_ns = 0;
  std::uint64_t first_received_ns = 0;

  // Of one process, see Evidence: the TLS connection that waits for this one, and the host that this one waits for.
  SocketId holds_up = 0;
  NamePool::Id waits_for = NamePool::kNone;

  [[nodiscard]] bool through_proxy() const {
    return exchange.kind == Exchange::Kind::tunnel || exchange.kind == Exchange::Kind::proxied;
  }
  // Of the two the one that names the destination.
  [[nodiscard]] NamePool::Id name() const {
    const bool by_wire = name_source == NameSource::sni || name_source == NameSource::http_connect ||
                         name_source == NameSource::http_host;
    return by_wire ? wire_name : dns_name;
  }
};

using ConnectionTable = BoundedMap<SocketId, Connection>;

}  // namespace egresswatch::correlate
