// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bounded_map.h"
#include "correlate/exchange.h"
#include "decode/client_hello.h"
#include "decode/first_payload.h"
#include "decode/http_head.h"
#include "egresswatch/model/events.h"
#include "egresswatch/model/outcome.h"

namespace egresswatch::app {

// What a client says first: whom it wants to speak to, and how.
struct Opening {
  correlate::Exchange::Kind kind = correlate::Exchange::Kind::none;
  Sni sni = Sni::absent;
  std::string_view name;                 // as asked for; empty = not said; valid until the next call
  NameSource source = NameSource::none;  // of that name
  std::uint16_t port = 0;                // 0 = not said
  std::uint32_t hello_bytes = 0;         // of a whole ClientHello; 0 = not known (yet)
  bool complete = false;                 // nothing more is to be learned
};

// Reads the openings of connections. A ClientHello may come in several segments: what came so far is kept, of at most
// kBuffers connections at once; beyond that the oldest is forgotten, and its connection known by what it said by then.
class Openings {
 public:
  static constexpr std::size_t kBuffers = 64;  // 2.3 KB each

  Openings();

  // What is known of the opening with this piece.
  const Opening& on(const TcpPayload& piece);
  // No more pieces will come.
  void forget(SocketId socket);

  [[nodiscard]] std::size_t size() const { return partial_.size(); }
  [[nodiscard]] std::uint64_t evictions() const { return partial_.evictions(); }

 private:
  decode::FirstPayload& buffer_of(SocketId socket);
  void read(std::span<const std::byte> sent);
  void read_hello(std::span<const std::byte> sent);
  void read_request(std::span<const std::byte> sent);

  // Which buffer a connection has; buffers are used again and again.
  BoundedMap<SocketId, std::size_t> partial_;
  std::vector<decode::FirstPayload> buffers_;
  std::vector<std::size_t> free_;
  decode::HelloText hello_text_;
  decode::HttpText http_text_;
  Opening opening_;
};

}  // namespace egresswatch::app
