// SPDX-License-Identifier: Apache-2.0
#include "check/dns_query.h"

#include <poll.h>
#include <sys/random.h>

#include <array>
#include <cerrno>
#include <span>

#include "check/socket.h"
#include "decode/dns.h"

namespace egresswatch::check {
namespace {

constexpr std::size_t kMaxMessage = 65535;

void append_u16(std::vector<std::byte>& out, std::uint16_t value) {
  out.push_back(static_cast<std::byte>(value >> 8));
  out.push_back(static_cast<std::byte>(value & 0xff));
}

bool answers(const DnsMessage& answer, std::uint16_t id, std::string_view host, std::uint16_t type) {
  return answer.response && answer.id == id && answer.question_type == type && answer.question == host;
}

bool send_over_tcp(int fd, std::span<const std::byte> query, std::uint64_t deadline_ns) {
  std::vector<std::byte> framed;
  append_u16(framed, static_cast<std::uint16_t>(query.size()));
  framed.insert(framed.end(), query.begin(), query.end());
  return wait_for(fd, POLLOUT, deadline_ns) &&
         ::send(fd, framed.data(), framed.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(framed.size());
}

// Fills `out` to its end.
bool receive_all(int fd, std::span<std::byte> out, std::uint64_t deadline_ns) {
  while (!out.empty()) {
    if (!wait_for(fd, POLLIN, deadline_ns)) return false;
    const ssize_t size = ::recv(fd, out.data(), out.size(), 0);
    if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) return false;
    if (size > 0) out = out.subspan(static_cast<std::size_t>(size));
  }
  return true;
}

bool ask_over_tcp(const Endpoint& resolver, std::span<const std::byte> query, std::uint64_t deadline_ns,
                  DnsMessage& answer) {
  const UniqueFd fd = open_socket(resolver.address, SOCK_STREAM);
  SocketAddress remote(resolver);
  if (!fd || (::connect(fd.get(), remote.get(), remote.size) != 0 && errno != EINPROGRESS)) return false;
  std::array<std::byte, 2> length{};
  if (!send_over_tcp(fd.get(), query, deadline_ns) || !receive_all(fd.get(), length, deadline_ns)) return false;
  std::vector<std::byte> message(std::to_integer<std::size_t>(length[0]) << 8 |
                                 std::to_integer<std::size_t>(length[1]));
  return receive_all(fd.get(), message, deadline_ns) && decode::parse_dns(message, answer) == decode::DnsError::none;
}

}  // namespace

std::vector<std::byte> dns_query(std::string_view host, std::uint16_t type, std::uint16_t id) {
  std::vector<std::byte> query;
  append_u16(query, id);
  append_u16(query, 0x0100);  // RD
  append_u16(query, 1);       // QDCOUNT
  for (int i = 0; i < 3; ++i) append_u16(query, 0);
  while (!host.empty()) {
    const std::string_view label = host.substr(0, host.find('.'));
    query.push_back(static_cast<std::byte>(label.size()));
    for (const char c : label) query.push_back(static_cast<std::byte>(c));
    host.remove_prefix(std::min(label.size() + 1, host.size()));
  }
  query.push_back(std::byte{0});
  append_u16(query, type);
  append_u16(query, 1);  // IN
  return query;
}

bool ask(const Endpoint& resolver, std::string_view host, std::uint16_t type, std::uint64_t deadline_ns,
         DnsMessage& answer) {
  std::uint16_t id = 0;
  if (::getrandom(&id, sizeof id, 0) != sizeof id) return false;
  const std::vector<std::byte> query = dns_query(host, type, id);
  const UniqueFd fd = open_socket(resolver.address, SOCK_DGRAM);
  SocketAddress remote(resolver);
  // connected: answers from elsewhere are dropped by the kernel, and a closed port shows at once
  if (!fd || ::connect(fd.get(), remote.get(), remote.size) != 0) return false;
  if (::send(fd.get(), query.data(), query.size(), 0) < 0) return false;

  std::vector<std::byte> buffer(kMaxMessage);
  while (wait_for(fd.get(), POLLIN, deadline_ns)) {
    const ssize_t size = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (size < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (size <= 0) continue;
    const std::span message(buffer.data(), static_cast<std::size_t>(size));
    const decode::DnsError error = decode::parse_dns(message, answer);
    if (error != decode::DnsError::none || !answers(answer, id, host, type)) continue;
    if (!answer.truncated) return true;
    return ask_over_tcp(resolver, query, deadline_ns, answer) && answers(answer, id, host, type);
  }
  return false;
}

}  // namespace egresswatch::check
