// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "bpf/packet_test.h"

// What is neither DNS nor a flow, and packets that are not whole.
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

TEST_F(OtherPacketTest, OtherEtherTypes) {
  for (const int type : {0x0806, 0x8100, 0x88cc, 0x86de, 0xffff})
    expect_nothing_either_way(ethernet(static_cast<std::uint16_t>(type), PacketBytes(60, 0x45)));
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
        std::size_t messages = 0;
        for (const Event& event : events_) {
          if (const auto* message = std::get_if<DnsPacket>(&event)) {
            EXPECT_EQ(message->original_length, size - headers);
            ++messages;
          } else {
            // without ports if those are cut
            const auto& flow = std::get<Flow>(event);
            EXPECT_EQ(flow.tuple.remote.port, size >= 14 + network_header + 4 ? 53 : 0);
            EXPECT_EQ(flow.bytes, size > headers ? size - headers : 0);
          }
        }
        EXPECT_EQ(messages, size > headers ? 1U : 0U) << size;
        EXPECT_EQ(events_.size() - messages, whole == ip.udp("query") ? 1U : 0U) << size;
      }
    }
  }
  EXPECT_EQ(totals().lost[EGW_LOST_PAYLOAD_UNREADABLE], 0U);
}

// An extension that reaches behind the end: a datagram left, to which port nobody can say.
TEST_F(OtherPacketTest, ExtensionBehindTheEnd) {
  for (const int length : {0, 1, 200, 255}) {
    v6_.first_header = 60;
    v6_.extensions = {17, static_cast<std::uint8_t>(length), 0, 0, 0, 0, 0, 0};
    const PacketBytes frame = v6_.frame(17, {});
    run(Way::out, frame);
    ASSERT_EQ(events_.size(), 1U);
    Ip no_ports = v6_;
    no_ports.from.port = no_ports.to.port = 0;
    expect_flow(events_[0], no_ports, Protocol::udp, 0);
    expect_nothing(Way::in, frame);
  }
}

TEST_F(OtherPacketTest, RingFullIsCounted) {
  load(4096);
  v4_.to.port = 53;
  // a record of 632 bytes and its header of 8
  run(Way::out, v4_.udp("query"), 100);
  const egw_totals all = totals();
  EXPECT_EQ(all.produced[EGW_DNS], 100U);
  // one of them is the flow
  EXPECT_EQ(all.produced[EGW_FLOW], 1U);
  EXPECT_EQ(all.lost[EGW_LOST_RING_FULL] + records_.size(), 101U);
  EXPECT_GT(records_.size(), 0U);
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
  show("ping_out", Way::out, v4_.frame(1, {8, 0, 0, 0, 0, 1, 0, 1}), 1'000'000);
  show("udp_out", Way::out, v4_.udp(std::string(1000, 'x')), 1'000'000);
  // as many as the ring takes
  show("dns_query_out", Way::out, query.udp(std::string(45, 'x')), 20'000);
}

}  // namespace
}  // namespace egresswatch::testing
