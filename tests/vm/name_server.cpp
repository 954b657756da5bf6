// SPDX-License-Identifier: Apache-2.0
// A name server for the guest, which has none: answers every question of type A with 203.0.113.10 (RFC 5737) and every
// other one with no records, over UDP on 127.0.0.1:53, until it is killed.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace {

constexpr std::size_t kHeaderLength = 12;  // RFC 1035 section 4.1.1
// name (a pointer to the question), type A, class IN, TTL 60 s, four bytes of address
constexpr std::array<std::uint8_t, 16> kRecord{0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 203, 0, 113, 10};

// Turns the query in `message` into its answer; returns the length of that, 0 for what is not a query.
std::size_t answer(std::array<std::uint8_t, 512>& message, std::size_t length) {
  std::size_t end = kHeaderLength;
  while (end < length && message[end] != 0) end += message[end] + std::size_t{1};
  end += 5;  // root label, type, class
  if (end > length || end + kRecord.size() > message.size()) return 0;
  const bool asks_address = message[end - 4] == 0 && message[end - 3] == 1;
  message[2] = 0x81;  // response, recursion desired
  message[3] = 0x80;  // recursion available, NOERROR
  std::fill(message.begin() + 6, message.begin() + kHeaderLength, std::uint8_t{0});
  message[7] = asks_address ? 1 : 0;
  if (!asks_address) return end;
  std::copy(kRecord.begin(), kRecord.end(), message.begin() + static_cast<std::ptrdiff_t>(end));
  return end + kRecord.size();
}

}  // namespace

int main() {
  const int server = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(53);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    std::perror("bind 127.0.0.1:53");
    return 1;
  }
  for (;;) {
    std::array<std::uint8_t, 512> message{};
    sockaddr_in client{};
    socklen_t size = sizeof(client);
    const ssize_t length =
        recvfrom(server, message.data(), message.size(), 0, reinterpret_cast<sockaddr*>(&client), &size);
    if (length < 0) continue;
    if (const std::size_t reply = answer(message, static_cast<std::size_t>(length)); reply != 0)
      sendto(server, message.data(), reply, 0, reinterpret_cast<const sockaddr*>(&client), size);
  }
}
