// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "bpf/packet_test.h"

// Everything that is not DNS: passed, and at most counted as a datagram.
namespace egresswatch::testing {
namespace {

Endpoint at(const char* address, unsigned port) {
  return {IpAddress::parse(address).value(), static_cast<std::uint16_t>(port)};
}

class OtherPacketTest : public PacketTest {
 protected:
  Ip v4_{.from = at("192.0.2.1", 40000), .to = at("192.0.2.2", 443)};
  Ip v6_{.from = at("2001:db8::1", 40000), .to = at("2001:db8::2", 443)};
};

TEST_F(OtherPacketTest, TcpIsPassedOver) {
  for (const Ip& ip : {v4_, v6_})
    for (const char* payload : {"", "GET / HTTP/1.1\r\n\r\n"}) expect_nothing_either_way(ip.tcp(payload));
}

TEST_F(OtherPacketTest, DatagramOutIsTold) {
  for (const Ip& ip : {v4_, v6_}) {
    run(Way::out, ip.udp("hello"));
    const auto& flow = only_event<UdpFlow>();
    EXPECT_GT(flow.time_ns, 0U);
    EXPECT_NE(flow.socket, 0U);
    EXPECT_EQ(flow.packets, 1U);
    EXPECT_EQ(flow.bytes, 5U);
    EXPECT_EQ(flow.netns, 0U);
    EXPECT_TRUE(flow.first);
    EXPECT_EQ(flow.tuple.family, ip.is_v4() ? AF_INET : AF_INET6);
    EXPECT_EQ(flow.tuple.local, ip.from);
    EXPECT_EQ(flow.tuple.remote, ip.to);
    EXPECT_EQ(flow.process.pid, 0U);
    EXPECT_NE(flow.process.cgroup_id, 0U);
  }
}

TEST_F(OtherPacketTest, OfManyDatagramsTheFirstIsTold) {
  run(Way::out, v4_.udp("hello"), 1000);
  EXPECT_EQ(only_event<UdpFlow>().packets, 1U);
  EXPECT_EQ(totals().produced[EGW_UDP_FLOW], 1U);
}

TEST_F(OtherPacketTest, EmptyDatagram) {
  run(Way::out, v4_.udp(""));
  EXPECT_EQ(only_event<UdpFlow>().bytes, 0U);
}

TEST_F(OtherPacketTest, DatagramInIsNot) {
  for (const Ip& ip : {v4_, v6_}) expect_nothing(Way::in, ip.udp("hello"));
}

TEST_F(OtherPacketTest, OtherProtocols) {
  // ICMP, IGMP, GRE, ESP, ICMPv6, OSPF, SCTP, and the number that stands for none
  for (const int protocol : {1, 2, 47, 50, 58, 89, 132, 59, 255})
    for (const Ip& ip : {v4_, v6_})
      expect_nothing_either_way(ip.frame(static_cast<std::uint8_t>(protocol), {8, 0, 0, 0, 0, 53, 0, 53}));
}

TEST_F(OtherPacketTest, OtherEtherTypes) {
  for (const int type : {0x0806, 0x8100, 0x88cc, 0x86de, 0xffff})
    expect_nothing_either_way(ethernet(static_cast<std::uint16_t>(type), PacketBytes(60, 0x45)));
}

// A fragment of IPv6 and its friends are no extension that is stepped over.
TEST_F(OtherPacketTest, OtherExtensions) {
  for (const int header : {44, 51, 135, 139, 140, 253}) {
    v6_.first_header = static_cast<std::uint8_t>(header);
    v6_.extensions = {17, 0, 0, 0, 0, 0, 0, 0};
    expect_nothing_either_way(v6_.udp("hello"));
  }
}

// Cut at every byte: no record but that of a whole header, and nothing that was not in the packet.
TEST_F(OtherPacketTest, CutAnywhere) {
  for (Ip ip : {v4_, v6_}) {
    ip.to.port = 53;
    for (const PacketBytes& whole : {ip.udp("query"), ip.tcp("query")}) {
      // the kernel takes no frame without a network header
      const std::size_t network_header = ip.is_v4() ? 20 : 40;
      const std::size_t headers = whole.size() - 5;
      for (std::size_t size = 14 + network_header; size < whole.size(); ++size) {
        run(Way::out, {whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
        ASSERT_EQ(records_.size(), size > headers ? 1U : 0U) << size;
        if (size > headers) {
          EXPECT_EQ(only_event<DnsPacket>().original_length, size - headers);
        }
      }
    }
  }
  EXPECT_EQ(totals().lost[EGW_LOST_PAYLOAD_UNREADABLE], 0U);
}

// An extension that reaches behind the end.
TEST_F(OtherPacketTest, ExtensionBehindTheEnd) {
  for (const int length : {0, 1, 200, 255}) {
    v6_.first_header = 60;
    v6_.extensions = {17, static_cast<std::uint8_t>(length), 0, 0, 0, 0, 0, 0};
    expect_nothing_either_way(v6_.frame(17, {}));
  }
}

TEST_F(OtherPacketTest, RingFullIsCounted) {
  load(4096);
  v4_.to.port = 53;
  // a record of 632 bytes and its header of 8
  run(Way::out, v4_.udp("query"), 100);
  const egw_totals all = totals();
  EXPECT_EQ(all.produced[EGW_DNS], 100U);
  EXPECT_EQ(all.lost[EGW_LOST_RING_FULL] + records_.size(), 100U);
  EXPECT_GT(records_.size(), 0U);
}

TEST_F(OtherPacketTest, TableOfDatagramsFullIsCounted) {
  // each run has a socket of its own, hence an entry
  constexpr int kEntries = 16384;
  for (int i = 0; i < kEntries + 10; ++i) run(Way::out, v4_.udp("x"));
  EXPECT_EQ(totals().produced[EGW_UDP_FLOW], std::uint64_t{kEntries});
  EXPECT_EQ(totals().lost[EGW_LOST_UDP_TABLE_FULL], 10U);
}

// Not asserted: for people.
TEST_F(OtherPacketTest, TimeOfARun) {
  load(1 << 24);
  Ip query = v4_;
  query.to.port = 53;
  const auto show = [&](const char* what, Way way, const PacketBytes& frame, int repeat) {
    const std::uint32_t ns = run(way, frame, repeat);
    RecordProperty(what, static_cast<int>(ns));
    std::cout << what << ": " << ns << " ns\n";
  };
  show("tcp_out", Way::out, v4_.tcp(std::string(1000, 'x')), 1'000'000);
  show("tcp_in", Way::in, v4_.tcp(std::string(1000, 'x')), 1'000'000);
  show("tcp_ack_in", Way::in, v4_.tcp(""), 1'000'000);
  show("tcp6_out", Way::out, v6_.tcp(std::string(1000, 'x')), 1'000'000);
  show("udp_out", Way::out, v4_.udp(std::string(1000, 'x')), 1'000'000);
  // as many as the ring takes
  show("dns_query_out", Way::out, query.udp(std::string(45, 'x')), 20'000);
}

}  // namespace
}  // namespace egresswatch::testing
