// SPDX-License-Identifier: Apache-2.0
#include "check/tcp_probe.h"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/clock.h"
#include "check/socket.h"
#include "check/socket_error.h"

namespace egresswatch::check {
namespace {

struct Attempt {
  AddressResult result;
  UniqueFd socket;
  std::uint64_t start_ns = 0;
  bool pending = false;
};

// IP_RECVERR keeps the ICMP message that ended an attempt for reading; TCP does so since Linux 5.10 (45af29ca761c).
IcmpError read_error_queue(int fd) {
  IcmpError found;
  std::array<char, 512> control{};
  std::array<char, 256> payload{};
  for (int i = 0; i < 16; ++i) {
    iovec part{payload.data(), payload.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) break;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
      const bool v4 = header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_RECVERR;
      const bool v6 = header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_RECVERR;
      if (!v4 && !v6) continue;
      const std::size_t sender_size = v4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
      if (header->cmsg_len < CMSG_LEN(sizeof(sock_extended_err) + sender_size)) continue;
      sock_extended_err error{};
      std::memcpy(&error, CMSG_DATA(header), sizeof error);
      if (error.ee_origin != SO_EE_ORIGIN_ICMP && error.ee_origin != SO_EE_ORIGIN_ICMP6) continue;
      SocketAddress sender;
      std::memcpy(&sender.storage, CMSG_DATA(header) + sizeof error, sender_size);
      found = {error.ee_origin, error.ee_type, error.ee_code, sender.address(), false};
    }
  }
  if (found.origin == 0) return found;
  SocketAddress own;
  if (::getsockname(fd, own.get(), &own.size) == 0) found.from_this_host = own.address() == found.sender;
  return found;
}

void finish(Attempt& attempt, int error, bool at_once) {
  attempt.pending = false;
  attempt.result.duration_ns = monotonic_ns() - attempt.start_ns;
  attempt.result.error = error;
  attempt.result.connected = error == 0;
  if (error == 0) return;
  if (attempt.socket) attempt.result.icmp = read_error_queue(attempt.socket.get());
  attempt.result.failure = connect_failure(error, at_once, attempt.result.icmp);
  attempt.socket.reset();
}

void start(Attempt& attempt, std::uint16_t port) {
  const IpAddress& address = attempt.result.address;
  attempt.start_ns = monotonic_ns();
  attempt.socket = open_socket(address, SOCK_STREAM);
  // EAFNOSUPPORT: a kernel without IPv6 has no route to an IPv6 address
  if (!attempt.socket) return finish(attempt, errno, true);
  const int on = 1;
  if (address.is_v4())
    ::setsockopt(attempt.socket.get(), IPPROTO_IP, IP_RECVERR, &on, sizeof on);
  else
    ::setsockopt(attempt.socket.get(), IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
  SocketAddress remote({address, port});
  if (::connect(attempt.socket.get(), remote.get(), remote.size) == 0) return finish(attempt, 0, true);
  if (errno != EINPROGRESS) return finish(attempt, errno, true);
  attempt.pending = true;
}

void wait_for_all(std::vector<Attempt>& attempts, std::uint64_t deadline_ns) {
  for (;;) {
    std::vector<pollfd> entries;
    for (const Attempt& attempt : attempts)
      if (attempt.pending) entries.push_back({attempt.socket.get(), POLLOUT, 0});
    const std::uint64_t now = monotonic_ns();
    if (entries.empty() || now >= deadline_ns) return;
    const int ms = static_cast<int>(std::min<std::uint64_t>((deadline_ns - now + 999'999) / 1'000'000, 60'000));
    if (::poll(entries.data(), entries.size(), ms) <= 0) continue;
    for (const pollfd& entry : entries) {
      if (entry.revents == 0) continue;
      const auto attempt =
          std::ranges::find_if(attempts, [&](const Attempt& a) { return a.pending && a.socket.get() == entry.fd; });
      int error = 0;
      socklen_t size = sizeof error;
      ::getsockopt(entry.fd, SOL_SOCKET, SO_ERROR, &error, &size);
      // an ICMP message that did not end the attempt also wakes poll: it is kept in the queue, and the wait goes on
      if (error == 0 && (entry.revents & POLLOUT) == 0) {
        attempt->result.icmp = read_error_queue(entry.fd);
        continue;
      }
      finish(*attempt, error, false);
    }
  }
}

// Alternates between the families, so that a name with many addresses of one still has the other tried.
std::vector<IpAddress> choose(std::span<const IpAddress> addresses) {
  if (addresses.size() <= kMaxAddresses) return {addresses.begin(), addresses.end()};
  std::vector<IpAddress> v4;
  std::vector<IpAddress> v6;
  for (const IpAddress& address : addresses) (address.is_v4() ? v4 : v6).push_back(address);
  const std::size_t from_v6 =
      std::min(v6.size(), std::max(kMaxAddresses / 2, kMaxAddresses - std::min(v4.size(), kMaxAddresses)));
  v6.resize(from_v6);
  v4.resize(std::min(v4.size(), kMaxAddresses - from_v6));
  v4.insert(v4.end(), v6.begin(), v6.end());
  return v4;
}

}  // namespace

TcpProbe probe_tcp(std::span<const IpAddress> addresses, std::uint16_t port, std::uint64_t timeout_ns) {
  const std::uint64_t deadline_ns = monotonic_ns() + timeout_ns;
  std::vector<Attempt> attempts;
  for (const IpAddress& address : choose(addresses)) {
    attempts.emplace_back().result.address = address;
    start(attempts.back(), port);
  }
  wait_for_all(attempts, deadline_ns);

  TcpProbe probe;
  for (Attempt& attempt : attempts) {
    if (attempt.pending) {
      const IcmpError icmp = attempt.result.icmp;
      finish(attempt, ETIMEDOUT, false);
      attempt.result.error = 0;  // our deadline, not the kernel's
      if (attempt.result.icmp.origin == 0 && icmp.origin != 0) {
        attempt.result.icmp = icmp;
        attempt.result.failure = connect_failure(ETIMEDOUT, false, icmp);
      }
    }
    if (attempt.result.connected && !probe.used) {
      probe.used = probe.addresses.size();
      probe.socket = std::move(attempt.socket);
    }
    probe.addresses.push_back(attempt.result);
  }
  return probe;
}

}  // namespace egresswatch::check
