// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/unique_fd.h"

namespace egresswatch::check {

// A connection, with or without TLS, read and written with a deadline (CLOCK_MONOTONIC, nanoseconds).
class Stream {
 public:
  enum class Status { ok, closed, reset, timeout, failed };
  struct SslFree {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  explicit Stream(UniqueFd socket) : socket_(std::move(socket)) {}

  [[nodiscard]] int fd() const { return socket_.get(); }
  // Takes over a session whose handshake is done on this socket.
  void use_tls(std::unique_ptr<SSL, SslFree> ssl) { ssl_ = std::move(ssl); }

  Status write_all(std::string_view data, std::uint64_t deadline_ns);
  // At least one byte, unless the status says otherwise.
  Status read_some(std::span<char> buffer, std::size_t& size, std::uint64_t deadline_ns);

 private:
  UniqueFd socket_;
  std::unique_ptr<SSL, SslFree> ssl_;  // goes before the socket it uses
};

}  // namespace egresswatch::check
