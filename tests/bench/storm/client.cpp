// SPDX-License-Identifier: Apache-2.0
#include "bench/storm/client.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <thread>

#include "bench/storm/exchange.h"
#include "harness/dns_wire.h"

namespace egresswatch::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPatienceMs = 5000;

const std::array<testing::SocketAddress, kServerAddresses>& servers() {
  static const auto all = [] {
    std::array<testing::SocketAddress, kServerAddresses> addresses;
    for (unsigned i = 0; i < kServerAddresses; ++i) addresses[i] = testing::SocketAddress(server_endpoint(i), AF_INET);
    return addresses;
  }();
  return all;
}

}  // namespace

void resolve() {
  const UniqueFd fd = testing::make_socket(AF_INET, SOCK_DGRAM);
  testing::set_option(fd, SOL_SOCKET, SO_RCVTIMEO, timeval{.tv_sec = 2, .tv_usec = 0});
  testing::require(testing::connect_to(fd, name_server(), AF_INET) == 0, "connect to the name server");
  const testing::WireBytes query = testing::DnsWireBuilder::query(kName).bytes();
  testing::send_all(fd, query.data(), query.size());
  std::array<char, 1232> answer;
  testing::require(::recv(fd.get(), answer.data(), answer.size(), 0) > 0, "no answer from the name server");
}

Client::Client(const Load& load) : load_(load), epoll_(::epoll_create1(EPOLL_CLOEXEC)), slots_(load.in_flight) {
  testing::require(static_cast<bool>(epoll_), "epoll_create1");
}

bool Client::may_open() const { return opened_ < load_.connections && Clock::now() - begin_ < load_.time; }

Tally Client::run() {
  begin_ = Clock::now();
  for (std::size_t i = 0; i < slots_.size() && may_open(); ++i) open(i);
  std::array<epoll_event, kMaxInFlight> events;
  while (busy_ > 0) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), kPatienceMs);
    if (count < 0 && errno == EINTR) continue;
    testing::require(count > 0, "the server does not answer");
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      advance(event.data.u64, event.events);
    }
  }
  tally_.time = Clock::now() - begin_;
  return tally_;
}

void Client::open(std::size_t slot) {
  if (load_.rate > 0)
    std::this_thread::sleep_until(begin_ + std::chrono::nanoseconds(std::chrono::seconds(opened_)) / load_.rate);
  const testing::SocketAddress& to = servers()[opened_ % kServerAddresses];
  ++opened_;
  ++busy_;
  Slot& s = slots_[slot];
  s.fd.reset(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  s.sent = false;
  s.received = 0;
  testing::require(static_cast<bool>(s.fd), "socket");
  const int result = ::connect(s.fd.get(), reinterpret_cast<const sockaddr*>(&to.storage), to.length);
  testing::require(result == 0 || errno == EINPROGRESS, "connect");
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLET;
  event.data.u64 = slot;
  testing::require(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, s.fd.get(), &event) == 0, "epoll_ctl");
}

void Client::advance(std::size_t slot, std::uint32_t events) {
  Slot& s = slots_[slot];
  if ((events & EPOLLERR) != 0) return finish(slot, false);
  if (!s.sent && (events & EPOLLOUT) != 0) {
    static constexpr std::array<char, kRequestBytes> kRequest{};
    if (::send(s.fd.get(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL) != kRequestBytes) return finish(slot, false);
    s.sent = true;
  }
  if ((events & EPOLLIN) == 0) return;
  std::array<char, 2 * kAnswerBytes> answer;
  const ssize_t got = ::recv(s.fd.get(), answer.data(), answer.size(), 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) return finish(slot, false);
  s.received += static_cast<std::uint32_t>(got);
  if (s.received >= kAnswerBytes) finish(slot, true);
}

void Client::finish(std::size_t slot, bool whole) {
  ++(whole ? tally_.connections : tally_.failed);
  slots_[slot].fd.reset();
  --busy_;
  if (may_open()) open(slot);
}

}  // namespace egresswatch::bench
