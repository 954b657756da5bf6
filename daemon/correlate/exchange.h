// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "egresswatch/model/wire.h"

namespace egresswatch::correlate {

// What the first bytes of a connection said, each way.
struct Exchange {
  enum class Kind : std::uint8_t {
    none,     // nothing was sent, or a protocol that is not known here
    tls,      // a ClientHello
    http,     // a request to the server itself
    tunnel,   // CONNECT: a request to a proxy for a way to another host
    proxied,  // a request to a proxy for another host's document
  };
  Kind kind = Kind::none;
  bool replied = false;           // the peer sent something
  std::uint32_t hello_bytes = 0;  // of a ClientHello, records included; 0 = not known
  ServerReply reply;
};

// How a connection went, beside what its last record says.
struct Circumstances {
  Exchange exchange;
  // What the kernel calls the reasons in TcpClosed; empty = none, or it has no name for it.
  std::string_view dropped_out_reason;
  std::string_view dropped_in_reason;
  // From this silence on a reset or a black hole is put down to it: firewalls and load balancers forget idle
  // connections, Azure's after four minutes.
  std::uint64_t idle_threshold_ns = 240'000'000'000;
};

}  // namespace egresswatch::correlate
