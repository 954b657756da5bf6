// SPDX-License-Identifier: Apache-2.0
#include "kernel/dns_test.h"

namespace egresswatch::testing {
namespace {

struct Case {
  const char* name;
  int family;  // of the asking socket
  const char* address;
  bool connected;
};

class DnsOverUdp : public DnsTest, public ::testing::WithParamInterface<Case> {
 protected:
  struct Exchange {
    SocketId socket;
    Endpoint local;
  };

  // Sends `query`, and `answer` back if it is not empty.
  Exchange exchange(const std::string& query, const std::string& answer) {
    const UniqueFd server = name_server(server_);
    const UniqueFd client = socket_away(GetParam().family, SOCK_DGRAM);
    if (GetParam().connected) {
      require(connect_to(client, server_, GetParam().family) == 0, "connect");
      send_all(client, query.data(), query.size());
    } else {
      send_to(client, query.data(), query.size(), server_, GetParam().family);
    }
    SocketAddress from;
    std::string received(query.size() + 1, '\0');
    const ssize_t size = ::recvfrom(server.get(), received.data(), received.size(), 0, from.get(), &from.length);
    require(size == static_cast<ssize_t>(query.size()), "recvfrom");
    if (!answer.empty()) {
      send_to(server, answer.data(), answer.size(), from.endpoint(), from.storage.ss_family);
      receive_all(client, answer.size());
    }
    return {cookie(client), from.endpoint()};
  }

  void expect_exchange(const std::string& query, const std::string& answer) {
    start();
    const auto [socket, local] = exchange(query, answer);
    stop();

    const auto [out, flow, in] = journal_.take<DnsPacket, Flow, DnsPacket>(socket);
    expect_packet(out, true, false, query, socket, local, server_);
    expect_flow(flow, query.size(), socket, local, server_);
    expect_packet(in, false, false, answer, socket, local, server_);
    EXPECT_GT(in.time_ns, out.time_ns);
    EXPECT_EQ(source_->totals().lost[EGW_LOST_PAYLOAD_TRUNCATED], answer.size() > kMaxPayload ? 1U : 0U);
    EXPECT_EQ(source_->totals().lost[EGW_LOST_PAYLOAD_UNREADABLE], 0U);
  }

  const Endpoint server_ = endpoint(GetParam().address, 53);
};

TEST_P(DnsOverUdp, SmallAnswer) { expect_exchange(message(45), message(229)); }
TEST_P(DnsOverUdp, LargestAnswerWithoutEdns) { expect_exchange(message(45), message(512)); }
TEST_P(DnsOverUdp, OneByteMore) { expect_exchange(message(45), message(513)); }
TEST_P(DnsOverUdp, EdnsOf1232) { expect_exchange(message(45), message(1232)); }
TEST_P(DnsOverUdp, EdnsOf4096) { expect_exchange(message(45), message(4096)); }
TEST_P(DnsOverUdp, LargerThanARecord) { expect_exchange(message(45), message(4097)); }
TEST_P(DnsOverUdp, LargestDatagram) { expect_exchange(message(45), message(60000)); }

// The same as seen on a real network: sent in fragments, seen whole.
TEST_P(DnsOverUdp, Fragmented) {
  away_->shell("ip link set lo mtu 1280");
  expect_exchange(message(2000), message(4000));
}

TEST_P(DnsOverUdp, NoAnswer) {
  start();
  const auto [socket, local] = exchange(message(45), "");
  stop();

  const auto [out, flow] = journal_.take<DnsPacket, Flow>(socket);
  expect_packet(out, true, false, message(45), socket, local, server_);
  expect_flow(flow, 45, socket, local, server_);
}

// What is no DNS message is decided by the parser.
TEST_P(DnsOverUdp, Garbage) { expect_exchange("x", std::string(3, '\xff')); }

TEST_P(DnsOverUdp, EmptyDatagramIsNoMessage) {
  start();
  const auto [socket, local] = exchange("", "");
  stop();

  const auto [flow] = journal_.take<Flow>(socket);
  expect_flow(flow, 0, socket, local, server_);
}

// A stub resolver opens a socket for each question; that this process asks this resolver is told once.
TEST_P(DnsOverUdp, QuestionsOfAProcessAreOneFlow) {
  start();
  std::vector<Exchange> exchanges;
  for (int i = 0; i < 3; ++i) exchanges.push_back(exchange(message(45), ""));
  stop();

  const auto& [socket, local] = exchanges.front();
  const auto [out, first, sum] = journal_.take<DnsPacket, Flow, Flow>(socket);
  expect_packet(out, true, false, message(45), socket, local, server_);
  expect_flow(first, 45, socket, local, server_);
  EXPECT_FALSE(sum.first);
  EXPECT_EQ(sum.socket, socket);
  EXPECT_EQ(sum.packets, 2U);
  EXPECT_EQ(sum.bytes, 90U);
  EXPECT_EQ(sum.protocol, Protocol::udp);
  EXPECT_EQ(sum.tuple.remote.to_string(), server_.to_string());
  expect_own_process(sum.process);
  for (std::size_t i = 1; i < exchanges.size(); ++i) {
    const auto [question] = journal_.take<DnsPacket>(exchanges[i].socket);
    expect_packet(question, true, false, message(45), exchanges[i].socket, exchanges[i].local, server_);
  }
}

INSTANTIATE_TEST_SUITE_P(Dns, DnsOverUdp,
                         ::testing::Values(Case{"ipv4unconnected", AF_INET, "127.0.0.1", false},
                                           Case{"ipv4connected", AF_INET, "127.0.0.1", true},
                                           Case{"ipv6unconnected", AF_INET6, "::1", false},
                                           Case{"ipv6connected", AF_INET6, "::1", true},
                                           Case{"v4mapped", AF_INET6, "127.0.0.1", false}),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace egresswatch::testing
