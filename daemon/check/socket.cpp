// SPDX-License-Identifier: Apache-2.0
#include "check/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/clock.h"

namespace egresswatch::check {

SocketAddress::SocketAddress(const Endpoint& endpoint) {
  if (endpoint.address.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    std::memcpy(&v4.sin_addr, endpoint.address.bytes.data() + 12, sizeof v4.sin_addr);
    size = sizeof v4;
    std::memcpy(&storage, &v4, sizeof v4);
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    std::memcpy(&v6.sin6_addr, endpoint.address.bytes.data(), sizeof v6.sin6_addr);
    size = sizeof v6;
    std::memcpy(&storage, &v6, sizeof v6);
  }
}

IpAddress SocketAddress::address() const {
  IpAddress result;
  if (storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &storage, sizeof v4);
    result = IpAddress::v4(0, 0, 0, 0);
    std::memcpy(result.bytes.data() + 12, &v4.sin_addr, sizeof v4.sin_addr);
  } else if (storage.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &storage, sizeof v6);
    std::memcpy(result.bytes.data(), &v6.sin6_addr, result.bytes.size());
  }
  return result;
}

UniqueFd open_socket(const IpAddress& address, int type) {
  return UniqueFd(::socket(address.is_v4() ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

bool wait_for(int fd, short events, std::uint64_t deadline_ns) {
  for (;;) {
    const std::uint64_t now = monotonic_ns();
    if (now >= deadline_ns) return false;
    pollfd entry{fd, events, 0};
    // rounded up: waking early would spin until the deadline
    const int ms = static_cast<int>(std::min<std::uint64_t>((deadline_ns - now + 999'999) / 1'000'000, 60'000));
    if (::poll(&entry, 1, ms) > 0) return true;
  }
}

bool all_acknowledged(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  return ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && info.tcpi_unacked == 0;
}

}  // namespace egresswatch::check
