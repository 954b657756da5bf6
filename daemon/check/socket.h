// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <cstdint>

#include "base/unique_fd.h"
#include "egresswatch/model/ip_address.h"

// Sockets that never block, and waiting for them with a deadline (CLOCK_MONOTONIC, nanoseconds).
namespace egresswatch::check {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  SocketAddress() = default;
  explicit SocketAddress(const Endpoint& endpoint);
  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] IpAddress address() const;
};

UniqueFd open_socket(const IpAddress& address, int type);

// poll() for one descriptor: false when the deadline has passed. An error of the socket counts as ready.
bool wait_for(int fd, short events, std::uint64_t deadline_ns);

// Whether the peer's kernel acknowledged everything that was sent.
bool all_acknowledged(int fd);

}  // namespace egresswatch::check
