// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "egresswatch/model/dns_message.h"
#include "egresswatch/model/events.h"

namespace egresswatch::test {

inline constexpr std::uint64_t kSecond = 1'000'000'000;
inline constexpr std::uint16_t kA = 1;
inline constexpr std::uint16_t kAaaa = 28;

inline IpAddress ip(const char* text) { return IpAddress::parse(text).value(); }

// Names are views: pass literals, or text that outlives the message.
struct QueryMessage : DnsMessage {
  explicit QueryMessage(std::uint16_t with_id, std::string_view name, std::uint16_t type = kA) {
    id = with_id;
    question = name;
    question_type = type;
    question_class = 1;
  }
};

struct AnswerMessage : QueryMessage {
  AnswerMessage(std::uint16_t with_id, std::string_view name, std::initializer_list<const char*> with_addresses = {},
                std::uint32_t ttl_s = 300, std::uint16_t type = kA)
      : QueryMessage(with_id, name, type) {
    response = true;
    for (const char* address : with_addresses) addresses[address_count++] = {ip(address), ttl_s};
  }

  AnswerMessage& code(std::uint16_t with_rcode) {
    rcode = with_rcode;
    return *this;
  }
  AnswerMessage& through(std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) cnames[cname_count++] = name;
    return *this;
  }
  AnswerMessage& cut() {
    truncated = true;
    return *this;
  }
};

// A datagram between a resolver and a socket of the process 100.
struct Packet : DnsPacket {
  explicit Packet(std::uint64_t at_ns) {
    time_ns = at_ns;
    socket = 7;
    tuple.local = {ip("10.0.0.5"), 40000};
    tuple.remote = {ip("168.63.129.16"), 53};
    process.pid = 100;
  }
  Packet& with_pid(std::uint32_t pid) {
    process.pid = pid;
    return *this;
  }
  Packet& from_socket(SocketId id) {
    socket = id;
    return *this;
  }
  Packet& with_local_port(std::uint16_t port) {
    tuple.local.port = port;
    return *this;
  }
  Packet& with_resolver(const char* address, std::uint16_t port = 53) {
    tuple.remote = {ip(address), port};
    return *this;
  }
  Packet& over_tcp() {
    tcp = true;
    return *this;
  }
};

}  // namespace egresswatch::test
