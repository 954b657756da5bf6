// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/bounded_map.h"
#include "egresswatch/model/events.h"
#include "egresswatch/model/outcome.h"

namespace egresswatch::correlate {

// What is remembered of an outbound TCP socket from its first event to its last.
struct Connection {
  Process process;
  Endpoint remote;
  std::uint16_t family = 0;
  bool open = false;    // established or found open: counted in the gauge
  bool pinned = false;  // keeps the names of its address
  bool seen = false;    // scratch of a resynchronisation
  // Each is counted once, by the first record that tells of it: the one before may have been lost.
  bool attempt_counted = false;
  bool established_counted = false;
  NameSource name_source = NameSource::none;
  std::uint32_t series = 0;      // the counters it belongs to, fixed at the attempt
  std::uint64_t attempt_ns = 0;  // 0 = before the daemon's start
};

using ConnectionTable = BoundedMap<SocketId, Connection>;

}  // namespace egresswatch::correlate
