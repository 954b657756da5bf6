// SPDX-License-Identifier: Apache-2.0
#include "http_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace egresswatch::publish {
namespace {

constexpr std::chrono::milliseconds kPatience{5'000};

}  // namespace

RawConnection::RawConnection(const Endpoint& server) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port);
  std::memcpy(&address.sin_addr, server.address.bytes.data() + 12, sizeof address.sin_addr);
  EXPECT_EQ(::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0) << strerror(errno);
}

RawConnection::RawConnection(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  EXPECT_EQ(::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0) << strerror(errno);
}

void RawConnection::send(std::string_view bytes) const {
  // the server may have answered and closed already: then the rest is nobody's business
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string RawConnection::read_response(bool with_body) {
  std::size_t header_end = std::string::npos;
  while ((header_end = buffer_.find("\r\n\r\n")) == std::string::npos && read_more(kPatience)) {
  }
  if (header_end == std::string::npos) return std::exchange(buffer_, {});
  std::size_t size = header_end + 4;
  constexpr std::string_view kLength = "Content-Length: ";
  const std::size_t length = buffer_.find(kLength);
  if (with_body && length < header_end) size += std::strtoul(buffer_.c_str() + length + kLength.size(), nullptr, 10);
  while (buffer_.size() < size && read_more(kPatience)) {
  }
  std::string response = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return response;
}

bool RawConnection::closed_within(std::chrono::milliseconds time) {
  const std::size_t before = buffer_.size();
  read_more(time);
  return ended_ && buffer_.size() == before;
}

bool RawConnection::read_more(std::chrono::milliseconds time) {
  pollfd poll_fd{fd_.get(), POLLIN, 0};
  if (ended_ || ::poll(&poll_fd, 1, static_cast<int>(time.count())) != 1) return false;
  std::array<char, 16384> chunk;
  const ssize_t size = ::recv(fd_.get(), chunk.data(), chunk.size(), 0);
  if (size <= 0) {
    ended_ = true;
    return false;
  }
  buffer_.append(chunk.data(), static_cast<std::size_t>(size));
  return true;
}

std::string get(const Endpoint& server, std::string_view target, std::string_view more_fields) {
  RawConnection connection(server);
  connection.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n" + std::string(more_fields) +
                  "Connection: close\r\n\r\n");
  return connection.read_response();
}

}  // namespace egresswatch::publish
