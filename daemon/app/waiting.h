// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bounded_map.h"
#include "egresswatch/model/events.h"
#include "egresswatch/model/process.h"

namespace egresswatch::app {

// Which TLS connection of a process may be waiting for its next one. A client that checks revocation asks for it as
// soon as it has the server's certificate, and goes on only with the answer: .NET waits 15 s for it. So a connection to
// a revocation host that begins right behind a server's first flight, in the same process, is taken to be that check.
class WaitingConnections {
 public:
  // Between the certificate and the check there is nothing but computing.
  static constexpr std::uint64_t kWindowNs = 2'000'000'000;
  static constexpr std::size_t kProcesses = 1024;

  // The server of this connection began to answer the ClientHello.
  void certificate_came(const Process& process, SocketId socket, std::uint64_t now_ns) {
    if (process.pid == 0) return;
    *newest_.find_or_insert({process.pid, process.start_time_ns}) = {socket, now_ns};  // nothing is pinned
  }

  // 0 = none.
  [[nodiscard]] SocketId waiting(const Process& process, std::uint64_t now_ns) const {
    const Newest* newest = newest_.peek({process.pid, process.start_time_ns});
    if (!newest || process.pid == 0 || now_ns < newest->time_ns || now_ns - newest->time_ns > kWindowNs) return 0;
    return newest->socket;
  }

 private:
  struct Key {
    std::uint32_t pid = 0;
    std::uint64_t start_time_ns = 0;
    bool operator==(const Key&) const = default;
  };
  struct HashKey {
    std::size_t operator()(const Key& key) const { return key.start_time_ns ^ key.pid; }
  };
  struct Newest {
    SocketId socket = 0;
    std::uint64_t time_ns = 0;
  };

  BoundedMap<Key, Newest, HashKey> newest_{kProcesses};
};

}  // namespace egresswatch::app
