// SPDX-License-Identifier: Apache-2.0
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <sys/wait.h>

#include <optional>

#include "harness/control_group.h"
#include "harness/packet_bytes.h"
#include "kernel/expectations.h"
#include "kernel/kernel_test.h"

// What leaves by ping sockets and raw sockets, and what the kernel sends for itself. In a network namespace and a
// control group of the test's own, so that a packet for which no process is known shows as well.
namespace egresswatch::testing {
namespace {

constexpr int kUdpLite = 136;
constexpr int kGre = 47;
constexpr int kNobodys = 253;  // for experiments: RFC 3692

class FlowTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped()) return;
    group_.emplace();
    member_.emplace(*group_);
    away_ = std::make_unique<NetworkNamespace>();
    away_->sysctl("net/ipv4/ping_group_range", "0 0");
    journal_.own_group(group_->id());
  }

  UniqueFd open_away(int family, int type, int protocol) const {
    const NetworkNamespace::Inside inside(*away_);
    return make_socket(family, type, protocol);
  }

  static void send(const UniqueFd& fd, const PacketBytes& packet, const char* address) {
    const Endpoint to = endpoint(address, 0);
    send_to(fd, packet.data(), packet.size(), to, family_of(to));
  }

  void expect_flow(const Flow& event, bool first, std::size_t packets, std::size_t bytes, bool raw, Protocol protocol,
                   const Endpoint& local, const Endpoint& remote) const {
    EXPECT_GT(event.time_ns, begin_ns_);
    EXPECT_LT(event.time_ns, monotonic_ns());
    EXPECT_EQ(event.packets, packets);
    EXPECT_EQ(event.bytes, bytes);
    EXPECT_EQ(event.netns, 0U);
    EXPECT_EQ(event.first, first);
    EXPECT_EQ(event.raw, raw);
    EXPECT_EQ(to_string(event.protocol), to_string(protocol));
    EXPECT_EQ(event.tuple.family, family_of(remote));
    EXPECT_EQ(event.tuple.local.to_string(), local.to_string());
    EXPECT_EQ(event.tuple.remote.to_string(), remote.to_string());
  }

  static const PacketBytes& echo_request() {
    static const PacketBytes packet{ICMP_ECHO, 0, 0, 0, 0, 0, 0, 1, 'h', 'e', 'l', 'l', 'o'};
    return packet;
  }
  static const PacketBytes& echo_request6() {
    static const PacketBytes packet{ICMP6_ECHO_REQUEST, 0, 0, 0, 0, 0, 0, 1, 'h', 'e', 'l', 'l', 'o'};
    return packet;
  }
  // An IP packet for a socket that writes the header itself.
  static PacketBytes with_header(const char* address, int protocol, const PacketBytes& payload) {
    const Ip ip{.from = endpoint(address, 0), .to = endpoint(address, 0)};
    constexpr std::ptrdiff_t kEthernet = 14;
    const PacketBytes frame = ip.frame(static_cast<std::uint8_t>(protocol), payload);
    return {frame.begin() + kEthernet, frame.end()};
  }

  std::optional<ControlGroup> group_;
  std::optional<ControlGroup::Member> member_;
  std::unique_ptr<NetworkNamespace> away_;
  std::uint64_t begin_ns_ = monotonic_ns();
};

struct Sent {
  const char* name;
  const char* address;
  int type;
  int protocol;
  bool own_header;
  int packet_protocol;
  PacketBytes payload;  // of IP
  unsigned from_port;
  unsigned to_port;
  std::size_t bytes;  // that are told of it
};

// from port 40000 to port 443, as UDP and SCTP have them, then whatever
const PacketBytes kPorts{0x9c, 0x40, 0x01, 0xbb, 0, 12, 0, 0, 't', 'e', 's', 't'};

class FlowOf : public FlowTest, public ::testing::WithParamInterface<Sent> {};

TEST_P(FlowOf, FirstPacketAndTheSumOfTheRest) {
  const Sent& sent = GetParam();
  start();
  const UniqueFd fd = open_away(family_of(endpoint(sent.address, 0)), sent.type, sent.protocol);
  const PacketBytes packet =
      sent.own_header ? with_header(sent.address, sent.packet_protocol, sent.payload) : sent.payload;
  for (int i = 0; i < 3; ++i) send(fd, packet, sent.address);
  stop();

  const auto [first, rest] = journal_.take<Flow, Flow>(cookie(fd));
  const Endpoint local = endpoint(sent.address, sent.from_port), remote = endpoint(sent.address, sent.to_port);
  const bool raw = sent.type == SOCK_RAW;
  const auto protocol = static_cast<Protocol>(sent.packet_protocol);
  expect_flow(first, true, 1, sent.bytes, raw, protocol, local, remote);
  expect_flow(rest, false, 2, 2 * sent.bytes, raw, protocol, local, remote);
  for (const Flow& flow : {first, rest}) expect_own_process(flow.process);
}

INSTANTIATE_TEST_SUITE_P(
    Sockets, FlowOf,
    ::testing::Values(
        Sent{"ping", "127.0.0.1", SOCK_DGRAM, IPPROTO_ICMP, false, IPPROTO_ICMP, {8, 0, 0, 0, 0, 0, 0, 1}, 0, 0, 8},
        Sent{"ping6", "::1", SOCK_DGRAM, IPPROTO_ICMPV6, false, IPPROTO_ICMPV6, {128, 0, 0, 0, 0, 0, 0, 1}, 0, 0, 8},
        Sent{"rawicmp", "127.0.0.1", SOCK_RAW, IPPROTO_ICMP, false, IPPROTO_ICMP, {8, 0, 0, 0, 0, 0, 0, 1}, 0, 0, 8},
        Sent{"rawicmp6", "::1", SOCK_RAW, IPPROTO_ICMPV6, false, IPPROTO_ICMPV6, {128, 0, 0, 0, 0, 0, 0, 1}, 0, 0, 8},
        // what the kernel sends, too, but here a process does
        Sent{"rawreply", "127.0.0.1", SOCK_RAW, IPPROTO_ICMP, false, IPPROTO_ICMP, {0, 0, 0, 0, 0, 0, 0, 1}, 0, 0, 8},
        Sent{"rawsolicitation6",
             "::1",
             SOCK_RAW,
             IPPROTO_ICMPV6,
             false,
             IPPROTO_ICMPV6,
             {133, 0, 0, 0, 0, 0, 0, 0},
             0,
             0,
             8},
        Sent{"rawsctp", "127.0.0.1", SOCK_RAW, IPPROTO_SCTP, false, IPPROTO_SCTP, kPorts, 40000, 443, 12},
        Sent{"rawsctp6", "::1", SOCK_RAW, IPPROTO_SCTP, false, IPPROTO_SCTP, kPorts, 40000, 443, 12},
        Sent{"rawgre", "127.0.0.1", SOCK_RAW, kGre, false, kGre, kPorts, 0, 0, 12},
        Sent{"rawgre6", "::1", SOCK_RAW, kGre, false, kGre, kPorts, 0, 0, 12},
        // UDP is told by its payload
        Sent{"rawudp", "127.0.0.1", SOCK_RAW, IPPROTO_UDP, false, IPPROTO_UDP, kPorts, 40000, 443, 4},
        Sent{"rawudp6", "::1", SOCK_RAW, IPPROTO_UDP, false, IPPROTO_UDP, kPorts, 40000, 443, 4},
        Sent{"rawtcp", "127.0.0.1", SOCK_RAW, IPPROTO_TCP, false, IPPROTO_TCP, PacketBytes(20, 0), 0, 0, 20},
        Sent{"rawtcp6", "::1", SOCK_RAW, IPPROTO_TCP, false, IPPROTO_TCP, PacketBytes(20, 0), 0, 0, 20},
        Sent{"ownheadertcp", "127.0.0.1", SOCK_RAW, IPPROTO_RAW, true, IPPROTO_TCP, PacketBytes(20, 0), 0, 0, 20},
        Sent{"ownheadertcp6", "::1", SOCK_RAW, IPPROTO_RAW, true, IPPROTO_TCP, PacketBytes(20, 0), 0, 0, 20},
        Sent{"ownheaderudp", "127.0.0.1", SOCK_RAW, IPPROTO_RAW, true, IPPROTO_UDP, kPorts, 40000, 443, 4},
        Sent{"ownheaderudp6", "::1", SOCK_RAW, IPPROTO_RAW, true, IPPROTO_UDP, kPorts, 40000, 443, 4},
        Sent{"ownheaderofnobody", "127.0.0.1", SOCK_RAW, IPPROTO_RAW, true, kNobodys, kPorts, 0, 0, 12}),
    [](const auto& one) { return one.param.name; });

// A socket of a protocol that has ports of which none are told.
TEST_F(FlowTest, UdpLite) {
  start();
  const UniqueFd fd = open_away(AF_INET, SOCK_DGRAM, kUdpLite);
  send_to(fd, "test", 4, endpoint("127.0.0.1", 9), AF_INET);
  stop();

  const auto [flow] = journal_.take<Flow>(cookie(fd));
  const Endpoint there = endpoint("127.0.0.1", 0);
  expect_flow(flow, true, 1, 12, false, static_cast<Protocol>(kUdpLite), there, there);
  expect_own_process(flow.process);
}

// connect() gives a raw socket the state that an established one of TCP has.
TEST_F(FlowTest, ConnectedRawSocketOfTcp) {
  start();
  const UniqueFd fd = open_away(AF_INET, SOCK_RAW, IPPROTO_TCP);
  const Endpoint there = endpoint("127.0.0.1", 0);
  ASSERT_EQ(connect_to(fd, there, AF_INET), 0);
  send_all(fd, 20);
  stop();

  const auto [flow] = journal_.take<Flow>(cookie(fd));
  expect_flow(flow, true, 1, 20, true, Protocol::tcp, there, there);
  expect_own_process(flow.process);
}

// One destination by two protocols, and two destinations by one.
TEST_F(FlowTest, EachProtocolAndDestinationIsAFlow) {
  start();
  const UniqueFd fd = open_away(AF_INET, SOCK_RAW, IPPROTO_RAW);
  const char* const addresses[] = {"127.0.0.1", "127.0.0.2"};
  for (const char* address : addresses)
    for (const int protocol : {kGre, kNobodys}) send(fd, with_header(address, protocol, kPorts), address);
  stop();

  const auto flows = journal_.take_each<Flow>(cookie(fd));
  ASSERT_EQ(flows.size(), 4U);
  for (std::size_t i = 0; i < flows.size(); ++i) {
    const Endpoint there = endpoint(addresses[i / 2], 0);
    expect_flow(flows[i], true, 1, 12, true, static_cast<Protocol>(i % 2 == 0 ? kGre : kNobodys), there, there);
  }
}

// Nothing but the opening tells who it is.
TEST_F(FlowTest, WhoOpenedTheSocketIsNamed) {
  start();
  const UniqueFd fd = open_away(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    send(fd, echo_request(), "127.0.0.1");
    ::_exit(0);
  }
  int status = 1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  stop();

  const auto [flow] = journal_.take<Flow>(cookie(fd));
  expect_own_process(flow.process);
}

// Its process is not known, its control group is. What the kernel says by sockets of its own is not told of it.
TEST_F(FlowTest, SocketFromBeforeTheStart) {
  const UniqueFd icmp = open_away(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  const UniqueFd icmp6 = open_away(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
  const UniqueFd gre = open_away(AF_INET, SOCK_RAW, kGre);
  const UniqueFd tcp = open_away(AF_INET, SOCK_RAW, IPPROTO_TCP);
  start();
  send(icmp, {ICMP_ECHOREPLY, 0, 0, 0, 0, 0, 0, 1}, "127.0.0.1");
  send(icmp, echo_request(), "127.0.0.1");
  send(icmp6, echo_request6(), "::1");
  send(gre, kPorts, "127.0.0.1");
  send(tcp, PacketBytes(20, 0), "127.0.0.1");
  stop();

  const auto expect_one = [&](const UniqueFd& fd, const char* address, std::size_t bytes, Protocol protocol) {
    const auto [flow] = journal_.take<Flow>(cookie(fd));
    const Endpoint there = endpoint(address, 0);
    expect_flow(flow, true, 1, bytes, true, protocol, there, there);
    EXPECT_EQ(flow.process.pid, 0U);
    EXPECT_EQ(flow.process.uid, 0U);
    EXPECT_EQ(flow.process.start_time_ns, 0U);
    EXPECT_EQ(flow.process.name(), "");
    EXPECT_EQ(flow.process.cgroup_id, group_->id());
  };
  expect_one(icmp, "127.0.0.1", echo_request().size(), Protocol::icmp);
  expect_one(icmp6, "::1", echo_request6().size(), Protocol::icmpv6);
  expect_one(gre, "127.0.0.1", kPorts.size(), static_cast<Protocol>(kGre));
  // nothing is left of the one of TCP: TearDown()
}

// TearDown() would see it: by the control group of who made the namespace or, where the kernel's socket is one for all
// namespaces, by the address.
TEST_F(FlowTest, WhatTheKernelSendsIsNone) {
  const auto high = static_cast<std::uint8_t>(::getpid() >> 8 & 0xff),
             low = static_cast<std::uint8_t>(::getpid() & 0xff);
  const std::string v4 = IpAddress::v4(198, 18, high, low).to_string();
  const std::string v6 = "fd00::" + v4;
  for (const std::string& address : {v4, v6}) {
    journal_.own_address(endpoint(address.c_str(), 0).address);
    away_->shell("ip address add " + address + " dev lo");
  }
  start();
  std::vector<UniqueFd> sockets;
  for (const std::string& address : {v4, v6}) {
    const Endpoint closed = endpoint(address.c_str(), 9);
    const int family = family_of(closed);
    // RST
    const UniqueFd client = open_away(family, SOCK_STREAM, 0);
    ASSERT_EQ(connect_to(client, closed, family), ECONNREFUSED);
    // errors of ICMP: no such port, no such protocol
    sockets.push_back(open_away(family, SOCK_DGRAM, 0));
    send_to(sockets.back(), "x", 1, closed, family);
    sockets.push_back(open_away(family, SOCK_RAW, IPPROTO_RAW));
    send(sockets.back(), with_header(address.c_str(), kNobodys, kPorts), address.c_str());
    // replies
    sockets.push_back(open_away(family, SOCK_DGRAM, family == AF_INET ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6}));
    send(sockets.back(), family == AF_INET ? echo_request() : echo_request6(), address.c_str());
  }
  // IGMP, MLD, detection of duplicate addresses, solicitation of a neighbour and of routers
  if (away_->add_silent_network()) {
    sockets.push_back(open_away(AF_INET6, SOCK_DGRAM, 0));
    send_to(sockets.back(), "x", 1, endpoint("2001:db8::7", 9), AF_INET6);
    io_.run_for(std::chrono::seconds(3));
  }
  stop();

  for (const UniqueFd& fd : sockets) (void)journal_.take<Flow>(cookie(fd));
  for (const SocketId socket : journal_.sockets_of<TcpAttempt>()) (void)journal_.take<TcpAttempt, TcpClosed>(socket);
}

// A socket that scans gets its share of the table, what is beyond is counted, and others are told as ever.
TEST_F(FlowTest, ScanDoesNotTakeTheTable) {
  constexpr std::size_t kTable = 1024, kShare = kTable / 4, kScanned = 2 * kTable;
  start({.ring_bytes = 1 << 24, .flows = kTable});
  const UniqueFd scanner = open_away(AF_INET, SOCK_RAW, kGre);
  const UniqueFd other = open_away(AF_INET, SOCK_RAW, kGre);
  for (std::size_t i = 0; i < kScanned; ++i)
    send(scanner, kPorts, ("127.1." + std::to_string(i / 256) + "." + std::to_string(i % 256)).c_str());
  send(other, kPorts, "127.0.0.1");
  stop();

  EXPECT_EQ(journal_.take_each<Flow>(cookie(scanner)).size(), kShare);
  EXPECT_GE(source_->totals().lost[EGW_LOST_FLOW_TABLE_FULL], kScanned - kShare);
  (void)journal_.take<Flow>(cookie(other));
}

}  // namespace
}  // namespace egresswatch::testing
