// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <system_error>
#include <vector>

#include "base/unique_fd.h"
#include "egresswatch/model/ip_address.h"

// Sockets for tests: a failed call that no test expects throws, so that a test reads as the sequence of what it does.
namespace egresswatch::testing {

inline void require(bool done, const char* what) {
  if (!done) throw std::system_error(errno, std::generic_category(), what);
}

inline Endpoint endpoint(const char* address, unsigned port) {
  return {IpAddress::parse(address).value(), static_cast<std::uint16_t>(port)};
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = sizeof(sockaddr_storage);

  SocketAddress() = default;
  // For a socket of this family; an IPv4 address on AF_INET6 is given v4-mapped.
  SocketAddress(const Endpoint& endpoint, int family) {
    if (family == AF_INET) {
      sockaddr_in v4{};
      v4.sin_family = AF_INET;
      v4.sin_port = htons(endpoint.port);
      std::memcpy(&v4.sin_addr, endpoint.address.bytes.data() + 12, 4);
      std::memcpy(&storage, &v4, length = sizeof v4);
    } else {
      sockaddr_in6 v6{};
      v6.sin6_family = AF_INET6;
      v6.sin6_port = htons(endpoint.port);
      std::memcpy(&v6.sin6_addr, endpoint.address.bytes.data(), 16);
      std::memcpy(&storage, &v6, length = sizeof v6);
    }
  }

  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] Endpoint endpoint() const {
    Endpoint result;
    if (storage.ss_family == AF_INET) {
      sockaddr_in v4;
      std::memcpy(&v4, &storage, sizeof v4);
      std::uint8_t quad[4];
      std::memcpy(quad, &v4.sin_addr, sizeof quad);
      result = {IpAddress::v4(quad[0], quad[1], quad[2], quad[3]), ntohs(v4.sin_port)};
    } else {
      sockaddr_in6 v6;
      std::memcpy(&v6, &storage, sizeof v6);
      std::memcpy(result.address.bytes.data(), &v6.sin6_addr, 16);
      result.port = ntohs(v6.sin6_port);
    }
    return result;
  }
};

inline UniqueFd make_socket(int family, int type, int protocol = 0) {
  UniqueFd fd(::socket(family, type | SOCK_CLOEXEC, protocol));
  require(static_cast<bool>(fd), "socket");
  return fd;
}

template <typename T>
void set_option(const UniqueFd& fd, int level, int name, const T& value) {
  require(::setsockopt(fd.get(), level, name, &value, sizeof value) == 0, "setsockopt");
}

template <typename T>
T get_option(const UniqueFd& fd, int level, int name) {
  T value{};
  socklen_t length = sizeof value;
  require(::getsockopt(fd.get(), level, name, &value, &length) == 0, "getsockopt");
  return value;
}

inline std::uint64_t cookie(const UniqueFd& fd) { return get_option<std::uint64_t>(fd, SOL_SOCKET, SO_COOKIE); }

// As in /proc/<pid>/fd.
inline std::uint64_t inode(const UniqueFd& fd) {
  struct stat status {};
  require(::fstat(fd.get(), &status) == 0, "fstat");
  return status.st_ino;
}

inline Endpoint local_endpoint(const UniqueFd& fd) {
  SocketAddress address;
  require(::getsockname(fd.get(), address.get(), &address.length) == 0, "getsockname");
  return address.endpoint();
}

inline void bind_to(const UniqueFd& fd, const Endpoint& endpoint, int family) {
  SocketAddress address(endpoint, family);
  require(::bind(fd.get(), address.get(), address.length) == 0, "bind");
}

// Returns errno, 0 if it connected.
inline int connect_to(const UniqueFd& fd, const Endpoint& endpoint, int family) {
  SocketAddress address(endpoint, family);
  return ::connect(fd.get(), address.get(), address.length) == 0 ? 0 : errno;
}

inline int family_of(const Endpoint& endpoint) { return endpoint.address.is_v4() ? AF_INET : AF_INET6; }

// Port 0 lets the kernel choose.
inline UniqueFd listen_at(const Endpoint& endpoint) {
  UniqueFd fd = make_socket(family_of(endpoint), SOCK_STREAM);
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  bind_to(fd, endpoint, family_of(endpoint));
  require(::listen(fd.get(), 64) == 0, "listen");
  return fd;
}

inline UniqueFd accept_from(const UniqueFd& listener) {
  UniqueFd fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  require(static_cast<bool>(fd), "accept");
  return fd;
}

inline void send_all(const UniqueFd& fd, const void* data, std::size_t size) {
  require(::send(fd.get(), data, size, MSG_NOSIGNAL) == static_cast<ssize_t>(size), "send");
}

inline void send_all(const UniqueFd& fd, std::size_t size) {
  const std::vector<char> data(size, 'x');
  send_all(fd, data.data(), size);
}

inline void receive_all(const UniqueFd& fd, std::size_t size) {
  std::vector<char> data(size);
  require(::recv(fd.get(), data.data(), size, MSG_WAITALL) == static_cast<ssize_t>(size), "recv");
}

inline void expect_end_of_stream(const UniqueFd& fd) {
  char byte;
  require(::recv(fd.get(), &byte, 1, 0) == 0, "recv at the end of the stream");
}

inline void send_to(const UniqueFd& fd, const void* data, std::size_t size, const Endpoint& to, int family) {
  SocketAddress address(to, family);
  require(::sendto(fd.get(), data, size, 0, address.get(), address.length) == static_cast<ssize_t>(size), "sendto");
}

// The next close() of this socket sends a reset.
inline void reset_on_close(const UniqueFd& fd) { set_option(fd, SOL_SOCKET, SO_LINGER, linger{1, 0}); }

}  // namespace egresswatch::testing
