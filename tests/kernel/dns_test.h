// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "kernel/expectations.h"
#include "kernel/kernel_test.h"

namespace egresswatch::testing {

// A network namespace with a name server of the test's own; client and server are this process, which must see only the
// client's side. The source runs outside.
class DnsTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped()) return;
    away_ = std::make_unique<NetworkNamespace>();
    journal_.own_namespace(away_->inode());
  }

  UniqueFd socket_away(int family, int type) const {
    const NetworkNamespace::Inside inside(*away_);
    return make_socket(family, type);
  }

  UniqueFd name_server(const Endpoint& at) {
    UniqueFd fd = socket_away(family_of(at), SOCK_DGRAM);
    journal_.own_socket(cookie(fd));
    bind_to(fd, at, family_of(at));
    return fd;
  }

  // A name is in the payload so that a mistaken offset shows.
  static std::string message(std::size_t size) {
    std::string text = "\x12\x34\x01\x20\x00\x01";
    text.resize(size, '\0');
    for (std::size_t i = 6; i < size; ++i) text[i] = static_cast<char>('a' + i % 26);
    return text;
  }

  // What was sent between the two calls of monotonic_ns(): `begin_ns_` and this.
  void expect_packet(const DnsPacket& event, bool egress, bool tcp, const std::string& payload, SocketId socket,
                     const Endpoint& local, const Endpoint& remote) const {
    EXPECT_GT(event.time_ns, begin_ns_);
    EXPECT_LT(event.time_ns, monotonic_ns());
    EXPECT_EQ(event.socket, socket);
    EXPECT_EQ(event.egress, egress);
    EXPECT_EQ(event.tcp, tcp);
    EXPECT_EQ(event.tcp_seq == 0, !tcp);
    EXPECT_EQ(event.original_length, payload.size());
    EXPECT_EQ(text(event.payload), payload.substr(0, kMaxPayload));
    EXPECT_EQ(event.tuple.family, local.address.is_v4() ? AF_INET : AF_INET6);
    EXPECT_EQ(event.tuple.local.to_string(), local.to_string());
    EXPECT_EQ(event.tuple.remote.to_string(), remote.to_string());
    expect_own_process(event.process);
  }

  // That the process asks this resolver.
  void expect_flow(const Flow& event, std::size_t bytes, SocketId socket, const Endpoint& local,
                   const Endpoint& remote) const {
    EXPECT_GT(event.time_ns, begin_ns_);
    EXPECT_LT(event.time_ns, monotonic_ns());
    EXPECT_EQ(event.socket, socket);
    EXPECT_EQ(event.packets, 1U);
    EXPECT_EQ(event.bytes, bytes);
    EXPECT_EQ(event.netns, 0U);
    EXPECT_TRUE(event.first);
    EXPECT_FALSE(event.raw);
    EXPECT_EQ(event.protocol, Protocol::udp);
    EXPECT_EQ(event.tuple.family, local.address.is_v4() ? AF_INET : AF_INET6);
    EXPECT_EQ(event.tuple.local.to_string(), local.to_string());
    EXPECT_EQ(event.tuple.remote.to_string(), remote.to_string());
    expect_own_process(event.process);
  }

  static std::string text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  static constexpr std::size_t kMaxPayload = 4096;
  std::unique_ptr<NetworkNamespace> away_;
  std::uint64_t begin_ns_ = monotonic_ns();
};

}  // namespace egresswatch::testing
