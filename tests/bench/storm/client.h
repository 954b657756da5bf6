// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/unique_fd.h"

namespace egresswatch::bench {

// The storm ends at the first limit that is reached.
struct Load {
  std::uint64_t connections = std::numeric_limits<std::uint64_t>::max();
  std::chrono::nanoseconds time = std::chrono::hours(1);
  unsigned in_flight = 32;  // 1 to kMaxInFlight
  std::uint32_t rate = 0;   // connections a second; 0 = as fast as the server takes them
};

struct Tally {
  std::uint64_t connections = 0;  // that went through whole
  std::uint64_t failed = 0;
  std::chrono::duration<double> time{};  // from the first connect() to the last close()
};

// Asks the name server once; throws std::system_error if no answer comes within two seconds.
void resolve();

// Opens connections on one thread.
class Client {
 public:
  explicit Client(const Load& load);
  Tally run();

 private:
  struct Slot {
    UniqueFd fd;
    bool sent = false;
    std::uint32_t received = 0;
  };

  void open(std::size_t slot);
  void advance(std::size_t slot, std::uint32_t events);
  void finish(std::size_t slot, bool whole);
  [[nodiscard]] bool may_open() const;

  Load load_;
  UniqueFd epoll_;
  std::vector<Slot> slots_;
  std::size_t busy_ = 0;
  std::uint64_t opened_ = 0;
  std::chrono::steady_clock::time_point begin_;
  Tally tally_;
};

}  // namespace egresswatch::bench
