// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "app/commands.h"
#include "history/read.h"

namespace egresswatch::app {

// What a command is made of that looks at the past.
struct HistoryReading {
  history::Contents contents;
  std::string machine;         // the name of this host
  std::uint64_t now_ns = 0;    // CLOCK_REALTIME
  std::uint64_t since_ns = 0;  // CLOCK_REALTIME: from when on things are counted; 0 = nothing was ever seen
};

// Has the daemon write what it has in memory, unless the history is another file than its own, and reads. If no daemon
// answers, standard error says that what follows ends where the history does.
std::optional<Failure> read_history(const HistoryOptions& options, HistoryReading& reading);

}  // namespace egresswatch::app
