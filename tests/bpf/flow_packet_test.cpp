// SPDX-License-Identifier: Apache-2.0
#include "bpf/packet_test.h"

// What leaves the host other than by TCP: the first packet to a destination is told. Raw sockets are for tests/kernel:
// the socket of BPF_PROG_TEST_RUN is none.
namespace egresswatch::testing {
namespace {

Endpoint at(const char* address, unsigned port) {
  return {IpAddress::parse(address).value(), static_cast<std::uint16_t>(port)};
}

class FlowPacketTest : public PacketTest {
 protected:
  void expect_told(const PacketBytes& frame, const Ip& ip, Protocol protocol, std::size_t bytes) {
    run(Way::out, frame);
    ASSERT_EQ(events_.size(), 1U) << to_string(protocol);
    expect_flow(events_[0], ip, protocol, bytes);
    expect_nothing(Way::in, frame);
  }

  Ip v4_{.from = at("192.0.2.1", 40000), .to = at("192.0.2.2", 443)};
  Ip v6_{.from = at("2001:db8::1", 40000), .to = at("2001:db8::2", 443)};
  // of SCTP (RFC 9260 3.1): ports, verification tag, checksum
  const PacketBytes sctp_{0x9c, 0x40, 0x01, 0xbb, 0, 0, 0, 1, 0, 0, 0, 0};
};

TEST_F(FlowPacketTest, Datagram) {
  for (const Ip& ip : {v4_, v6_}) expect_told(ip.udp("hello"), ip, Protocol::udp, 5);
}

TEST_F(FlowPacketTest, EmptyDatagram) {
  for (const Ip& ip : {v4_, v6_}) expect_told(ip.udp(""), ip, Protocol::udp, 0);
}

TEST_F(FlowPacketTest, SctpHasPorts) {
  for (const Ip& ip : {v4_, v6_}) expect_told(ip.frame(132, sctp_), ip, Protocol::sctp, sctp_.size());
}

// Also to port 53, and from there: it is not UDP.
TEST_F(FlowPacketTest, SctpAtPort53) {
  Ip ip = v4_;
  ip.from.port = ip.to.port = 53;
  expect_told(ip.frame(132, {0, 53, 0, 53, 0, 0, 0, 1, 0, 0, 0, 0}), ip, Protocol::sctp, 12);
}

// IPIP, GRE, ESP, AH, OSPF, VRRP, UDP-Lite, and the number that stands for none
TEST_F(FlowPacketTest, OtherProtocolsHaveNoPorts) {
  for (const int protocol : {4, 47, 50, 51, 89, 112, 136, 59, 255})
    for (const Ip& ip : {v4_, v6_})
      expect_told(ip.frame(static_cast<std::uint8_t>(protocol), sctp_), ip,
                  Protocol{static_cast<std::uint8_t>(protocol)}, sctp_.size());
}

TEST_F(FlowPacketTest, EchoRequest) {
  expect_told(v4_.frame(1, {8, 0, 0, 0, 0x12, 0x34, 0, 1}), v4_, Protocol::icmp, 8);
  expect_told(v6_.frame(58, {128, 0, 0, 0, 0x12, 0x34, 0, 1}), v6_, Protocol::icmpv6, 8);
}

// Of a socket that nobody is known to have opened it may be the kernel that speaks.
TEST_F(FlowPacketTest, WhatTheKernelSaysByIcmpIsNot) {
  // echo reply, unreachable, time exceeded
  for (const std::uint8_t type : PacketBytes{0, 3, 11})
    expect_nothing_either_way(v4_.frame(1, {type, 0, 0, 0, 0, 0, 0, 0}));
  // unreachable, too big, echo reply, reports of MLD, neighbour discovery
  for (const std::uint8_t type : PacketBytes{1, 2, 129, 131, 143, 133, 134, 135, 136})
    expect_nothing_either_way(v6_.frame(58, {type, 0, 0, 0, 0, 0, 0, 0}));
  // no header of ICMP at all
  expect_nothing_either_way(v4_.frame(1, {}));
  expect_nothing_either_way(v6_.frame(58, {}));
}

// Told, since something left; without what could not be read.
TEST_F(FlowPacketTest, HeaderCutShort) {
  for (const Ip& whole : {v4_, v6_}) {
    Ip ip = whole;
    ip.from.port = ip.to.port = 0;
    for (const std::size_t size : {0, 1, 3}) {
      const PacketBytes piece(sctp_.begin(), sctp_.begin() + static_cast<std::ptrdiff_t>(size));
      expect_told(ip.frame(132, piece), ip, Protocol::sctp, size);
      expect_told(ip.frame(17, piece), ip, Protocol::udp, 0);
    }
  }
}

// A fragment of IPv6 and its friends are no extension that is stepped over.
TEST_F(FlowPacketTest, OtherExtensionsAreTheProtocol) {
  for (const int header : {44, 51, 135, 139, 140, 253}) {
    v6_.first_header = static_cast<std::uint8_t>(header);
    v6_.extensions = {17, 0, 0, 0, 0, 0, 0, 0};
    expect_told(v6_.udp("hello"), v6_, Protocol{v6_.first_header}, 8 + 8 + 5);
  }
}

TEST_F(FlowPacketTest, BehindExtensionsOfIpv6) {
  v6_.first_header = 60;
  v6_.extensions = {132, 0, 0, 0, 0, 0, 0, 0};
  expect_told(v6_.frame(132, sctp_), v6_, Protocol::sctp, sctp_.size());
}

TEST_F(FlowPacketTest, OfManyPacketsTheFirstIsTold) {
  for (const PacketBytes& frame : {v4_.udp("hello"), v4_.frame(132, sctp_), v4_.frame(47, sctp_)}) {
    const std::uint64_t before = totals().produced[EGW_FLOW];
    run(Way::out, frame, 1000);
    EXPECT_EQ(only_event<Flow>().packets, 1U);
    EXPECT_EQ(totals().produced[EGW_FLOW], before + 1);
  }
}

// As many questions as are asked, and one flow.
TEST_F(FlowPacketTest, OfManyQuestionsTheFirst) {
  v4_.to.port = 53;
  run(Way::out, v4_.udp("query"), 100);
  EXPECT_EQ(events_.size(), 101U);
  EXPECT_EQ(totals().produced[EGW_FLOW], 1U);
  expect_flow(events_.at(1), v4_, Protocol::udp, 5);
}

TEST_F(FlowPacketTest, TableFullIsCounted) {
  // each run has a socket of its own, hence an entry
  constexpr int kEntries = 16384;
  for (int i = 0; i < kEntries + 10; ++i) run(Way::out, v4_.udp("x"));
  EXPECT_EQ(totals().produced[EGW_FLOW], std::uint64_t{kEntries});
  EXPECT_EQ(totals().lost[EGW_LOST_FLOW_TABLE_FULL], 10U);
}

}  // namespace
}  // namespace egresswatch::testing
