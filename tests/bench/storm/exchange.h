// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "egresswatch/model/ip_address.h"
#include "harness/sockets.h"

// What client and server of the storm agree upon. One connection: connect, request, answer, the client closes. Before
// the first one the client asks the name server, so that the daemon has a name to give to each.
namespace egresswatch::bench {

inline constexpr std::size_t kRequestBytes = 100;
inline constexpr std::size_t kAnswerBytes = 200;
// Below the backlog of the listener: a SYN that finds it full comes again after a second.
inline constexpr unsigned kMaxInFlight = 60;
inline constexpr const char* kName = "contoso-bench.vault.azure.net";

// Addresses for benchmarks (RFC 2544 section C.2.2), all on the loopback device of a network namespace. Many, so that
// a port is not used again while a TIME_WAIT of the same pair may last.
inline constexpr unsigned kServerAddresses = 16;
inline Endpoint server_endpoint(unsigned i) {
  return testing::endpoint(("198.18.0." + std::to_string(1 + i)).c_str(), 443);
}
inline Endpoint name_server() { return testing::endpoint("198.18.0.53", 53); }

}  // namespace egresswatch::bench
