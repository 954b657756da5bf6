// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "egresswatch/model/observation.h"

struct sqlite3;

namespace egresswatch::history {

// What a history file says, summed up.
struct Contents {
  // One for each service, host, protocol, port, unit and reason, in the order of these. Those beyond kMaxObservations
  // are counted under host "" and port 0 of their service and unit.
  std::vector<Observation> observations;
  // By service and host; at most kMaxAddresses of one host, the newest first.
  std::vector<ObservedAddress> addresses;
  std::uint64_t begin_ns = 0;  // CLOCK_REALTIME: the first full hour that was looked at and is there; 0 = nothing is
};

inline constexpr std::size_t kMaxObservations = 100'000;
inline constexpr std::size_t kMaxAddresses = 64;

// Everything from the hour on that contains `since_ns` (CLOCK_REALTIME; 0 = all); addresses from its day on. The file
// is opened for reading only, may be written by a daemon meanwhile, and is not trusted: it must have exactly our
// tables, every page is checked, and text is made valid UTF-8. Errors: there is none (code ENOENT), it may not be read
// (EACCES), it is damaged, foreign or of a newer version (EPROTO), or cannot be read.
Result<Contents> read(const std::string& path, std::uint64_t since_ns);

// As above, from an open database.
Result<Contents> read(sqlite3* database, std::uint64_t since_ns);

}  // namespace egresswatch::history
