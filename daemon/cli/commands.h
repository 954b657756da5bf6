// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

// The commands that ask a running daemon. Each gives the text to print; an error is one sentence, and means that the
// daemon cannot be asked, or, with code EINVAL, that it was asked wrongly.
namespace egresswatch::cli {

struct AskOptions {
  std::string socket;
  bool json = false;    // as the daemon said it, in place of text for people
  bool colour = false;  // of text
};

struct Explanation {
  std::string text;
  bool seen = true;  // false: nothing is known of the target
};

// Where a reader of events is.
struct EventPosition {
  std::uint64_t next = 0;    // the number of the last event that it knows
  std::uint64_t missed = 0;  // events that it was too late for
  bool more = false;         // there are more; ask again at once
};

Result<std::string> status(const AskOptions& options);
// Has the daemon write to its history file what it has in memory; false if it cannot.
Result<bool> write_history(const std::string& socket);
// What happened after `position`, one JSON object per line, and moves the position.
Result<std::vector<std::string>> events(const std::string& socket, EventPosition& position);
Result<Explanation> explain(const AskOptions& options, const std::string& target);

}  // namespace egresswatch::cli
