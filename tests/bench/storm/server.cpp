// SPDX-License-Identifier: Apache-2.0
#include "bench/storm/server.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "bench/storm/exchange.h"
#include "harness/dns_wire.h"

namespace egresswatch::bench {
namespace {

constexpr int kEvents = 64;

testing::WireBytes dns_answer() {
  auto answer = testing::DnsWireBuilder::answer(kName);
  for (unsigned i = 0; i < kServerAddresses; ++i) answer.address(kName, server_endpoint(i).address.to_string(), 60);
  return answer.bytes();
}

}  // namespace

Server::Server()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      listener_(testing::listen_at(testing::endpoint("0.0.0.0", 443))),
      name_server_(testing::make_socket(AF_INET, SOCK_DGRAM)),
      dns_answer_(dns_answer()) {
  testing::require(static_cast<bool>(epoll_), "epoll_create1");
  testing::bind_to(name_server_, bench::name_server(), AF_INET);
  watch(listener_.get());
  watch(name_server_.get());
}

void Server::watch(int fd) const {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  testing::require(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
}

void Server::run() {
  std::array<epoll_event, kEvents> events;
  for (;;) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), kEvents, -1);
    testing::require(count >= 0 || errno == EINTR, "epoll_wait");
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener_.get())
        accept_one();
      else if (fd == name_server_.get())
        answer_query();
      else
        answer(fd);
    }
  }
}

// One at a time: epoll comes back for the others, and a call that only says "no more" is saved.
void Server::accept_one() {
  const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  const auto index = static_cast<std::size_t>(fd);
  if (received_.size() <= index) received_.resize(index + 1);
  received_[index] = 0;
  watch(fd);
}

void Server::answer(int fd) {
  std::array<char, 2 * kRequestBytes> request;
  const ssize_t got = ::recv(fd, request.data(), request.size(), 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) {
    ::close(fd);
    return;
  }
  std::uint32_t& received = received_[static_cast<std::size_t>(fd)];
  received += static_cast<std::uint32_t>(got);
  if (received < kRequestBytes) return;
  static constexpr std::array<char, kAnswerBytes> kAnswer{};
  (void)::send(fd, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
}

void Server::answer_query() {
  std::array<std::byte, 512> query;
  sockaddr_storage from{};
  socklen_t length = sizeof from;
  const ssize_t got =
      ::recvfrom(name_server_.get(), query.data(), query.size(), 0, reinterpret_cast<sockaddr*>(&from), &length);
  if (got < 12) return;
  // the identifier of the question
  dns_answer_[0] = query[0];
  dns_answer_[1] = query[1];
  (void)::sendto(name_server_.get(), dns_answer_.data(), dns_answer_.size(), 0, reinterpret_cast<sockaddr*>(&from),
                 length);
}

}  // namespace egresswatch::bench
