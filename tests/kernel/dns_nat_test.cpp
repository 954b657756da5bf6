// SPDX-License-Identifier: Apache-2.0
#include "kernel/dns_test.h"

// The resolver's address is translated on this host, as Docker and Kubernetes do it.
namespace egresswatch::testing {
namespace {

class DnsBehindNat : public DnsTest {
 protected:
  void SetUp() override {
    DnsTest::SetUp();
    if (IsSkipped()) return;
    away_->shell(
        "ip addr add 127.0.0.2/8 dev lo && ip route add 192.0.2.0/24 dev lo src 127.0.0.2 && "
        "nft 'table ip nat { chain output { type nat hook output priority -100; "
        "ip daddr 192.0.2.53 udp dport 53 dnat to 127.0.0.1:5353; }; }'");
  }
};

TEST_F(DnsBehindNat, ConnectedSocketHasTheAddressesItKnows) {
  start();
  const UniqueFd server = name_server(endpoint("127.0.0.1", 5353));
  const UniqueFd client = socket_away(AF_INET, SOCK_DGRAM);
  const Endpoint resolver = endpoint("192.0.2.53", 53);
  ASSERT_EQ(connect_to(client, resolver, AF_INET), 0);
  const std::string query = message(45), answer = message(300);
  send_all(client, query.data(), query.size());
  SocketAddress from;
  std::string received(query.size(), '\0');
  ASSERT_EQ(::recvfrom(server.get(), received.data(), received.size(), 0, from.get(), &from.length),
            static_cast<ssize_t>(query.size()));
  send_to(server, answer.data(), answer.size(), from.endpoint(), AF_INET);
  receive_all(client, answer.size());
  const SocketId socket = cookie(client);
  stop();

  const auto [out, flow, in] = journal_.take<DnsPacket, Flow, DnsPacket>(socket);
  expect_packet(out, true, false, query, socket, local_endpoint(client), resolver);
  expect_flow(flow, query.size(), socket, local_endpoint(client), resolver);
  expect_packet(in, false, false, answer, socket, local_endpoint(client), resolver);
}

}  // namespace
}  // namespace egresswatch::testing
