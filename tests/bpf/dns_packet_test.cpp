// SPDX-License-Identifier: Apache-2.0
#include "bpf/packet_test.h"

// Packets to and from port 53: each becomes one record.
namespace egresswatch::testing {
namespace {

Endpoint at(const char* address, unsigned port) {
  return {IpAddress::parse(address).value(), static_cast<std::uint16_t>(port)};
}

struct Hosts {
  const char* name;
  const char* client;
  const char* resolver;
};

std::string payload_of(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 26);
  return text;
}

class DnsPacketTest : public PacketTest, public ::testing::WithParamInterface<Hosts> {
 protected:
  Ip query_{.from = at(GetParam().client, 40000), .to = at(GetParam().resolver, 53)};
  Ip answer_{.from = query_.to, .to = query_.from};
};

TEST_P(DnsPacketTest, UdpQuery) { expect_dns(Way::out, query_.udp(payload_of(45)), query_, false, 0, payload_of(45)); }

TEST_P(DnsPacketTest, UdpAnswer) {
  expect_dns(Way::in, answer_.udp(payload_of(229)), answer_, false, 0, payload_of(229));
}

// Both sizes of a record and the limits of each. One page is all that the kernel takes for a test.
TEST_P(DnsPacketTest, UdpOfEverySize) {
  for (const std::size_t size : {1, 2, 11, 12, 511, 512, 513, 1232, 3000})
    expect_dns(Way::in, answer_.udp(payload_of(size)), answer_, false, 0, payload_of(size));
}

TEST_P(DnsPacketTest, TcpSegment) {
  expect_dns(Way::out, query_.tcp(payload_of(47), 0xfffffff0), query_, true, 0xfffffff0, payload_of(47));
  expect_dns(Way::in, answer_.tcp(payload_of(1), 77), answer_, true, 77, payload_of(1));
}

TEST_P(DnsPacketTest, TcpOptionsAreStepsOver) {
  for (const std::size_t options : {4, 12, 40})
    expect_dns(Way::in, answer_.tcp(payload_of(100), 5, Ip::kAck, options), answer_, true, 5, payload_of(100));
}

// TCP Fast Open: the SYN takes one sequence number, the payload begins behind it.
TEST_P(DnsPacketTest, SynWithPayload) {
  expect_dns(Way::out, query_.tcp(payload_of(47), 0xffffffff, Ip::kSyn), query_, true, 0, payload_of(47));
}

TEST_P(DnsPacketTest, NoPayloadIsNoMessage) {
  run(Way::out, query_.udp(""));
  ASSERT_EQ(events_.size(), 1U);
  expect_flow(events_[0], query_, Protocol::udp, 0);
  expect_nothing(Way::in, answer_.udp(""));
  expect_nothing(Way::out, query_.tcp(""));
  expect_nothing(Way::in, answer_.tcp("", 9, Ip::kAck, 12));
}

// The name server's own side: asked by a client, answering it.
TEST_P(DnsPacketTest, ServerSideIsNotTold) {
  expect_nothing(Way::in, query_.udp(payload_of(45)));
  expect_nothing(Way::out, answer_.udp(payload_of(229)));
  expect_nothing(Way::in, query_.tcp(payload_of(45)));
  expect_nothing(Way::out, answer_.tcp(payload_of(229)));
}

TEST_P(DnsPacketTest, BetweenTwoNameServersBothWays) {
  Ip ip{.from = at(GetParam().client, 53), .to = at(GetParam().resolver, 53)};
  expect_dns(Way::out, ip.udp(payload_of(45)), ip, false, 0, payload_of(45));
  expect_dns(Way::in, ip.udp(payload_of(45)), ip, false, 0, payload_of(45));
}

INSTANTIATE_TEST_SUITE_P(Packets, DnsPacketTest,
                         ::testing::Values(Hosts{"ipv4", "192.0.2.1", "192.0.2.53"},
                                           Hosts{"ipv6", "2001:db8::1", "2001:db8::53"}),
                         [](const auto& one) { return one.param.name; });

class HeaderTest : public PacketTest {
 protected:
  Ip v4_{.from = at("192.0.2.1", 40000), .to = at("192.0.2.53", 53)};
  Ip v6_{.from = at("2001:db8::1", 40000), .to = at("2001:db8::53", 53)};
};

TEST_F(HeaderTest, Ipv4Options) {
  for (const std::size_t size : {4, 20, 40}) {
    v4_.options = PacketBytes(size, 1);
    expect_dns(Way::out, v4_.udp(payload_of(45)), v4_, false, 0, payload_of(45));
    expect_dns(Way::out, v4_.tcp(payload_of(45), 3, Ip::kAck, 12), v4_, true, 3, payload_of(45));
  }
}

// Hop-by-hop, routing and destination options (RFC 8200 section 4), of 8 and of 24 bytes.
TEST_F(HeaderTest, Ipv6Extensions) {
  const auto extension = [](std::uint8_t next, std::size_t size) {
    PacketBytes header(size, 0);
    header[0] = next;
    header[1] = static_cast<std::uint8_t>(size / 8 - 1);
    return header;
  };
  v6_.first_header = 0;
  v6_.extensions = extension(17, 8);
  expect_dns(Way::out, v6_.udp(payload_of(45)), v6_, false, 0, payload_of(45));
  v6_.extensions = extension(43, 24);
  append(v6_.extensions, extension(60, 8));
  append(v6_.extensions, extension(6, 16));
  expect_dns(Way::out, v6_.tcp(payload_of(45), 3), v6_, true, 3, payload_of(45));
  // four are stepped over, a fifth is not
  v6_.extensions.clear();
  for (int i = 0; i < 3; ++i) append(v6_.extensions, extension(60, 8));
  PacketBytes five = v6_.extensions;
  append(v6_.extensions, extension(17, 8));
  v6_.first_header = 60;
  expect_dns(Way::out, v6_.udp(payload_of(45)), v6_, false, 0, payload_of(45));
  append(five, extension(60, 8));
  append(five, extension(17, 8));
  v6_.extensions = five;
  run(Way::out, v6_.udp(payload_of(45)));
  ASSERT_EQ(events_.size(), 1U);
  expect_flow(events_[0], v6_, Protocol{60}, 8 + 8 + 45);
  expect_nothing(Way::in, v6_.udp(payload_of(45)));
}

// The first fragment has the ports, and reassembly has happened or is to come: those behind it are not looked at.
TEST_F(HeaderTest, Fragments) {
  constexpr std::uint16_t kMoreFragments = 0x2000, kDontFragment = 0x4000;
  for (const std::uint16_t flags : {kMoreFragments, kDontFragment}) {
    v4_.fragment = flags;
    expect_dns(Way::out, v4_.udp(payload_of(45)), v4_, false, 0, payload_of(45));
  }
  for (const int offset : {1, 185, 0x1fff}) {
    v4_.fragment = static_cast<std::uint16_t>(offset);
    expect_nothing_either_way(v4_.udp(payload_of(45)));
  }
}

// What the length fields say does not matter: the kernel has cut the packet to them, or will.
TEST_F(HeaderTest, LengthsThatLie) {
  for (const std::size_t lie : {0, 1, 7, 0xffff}) {
    PacketBytes frame = v4_.udp(payload_of(45));
    set_u16(frame, 14 + 2, lie);
    expect_dns(Way::out, frame, v4_, false, 0, payload_of(45));
    frame = v4_.udp(payload_of(45));
    set_u16(frame, 14 + 20 + 4, lie);
    expect_dns(Way::out, frame, v4_, false, 0, payload_of(45));
    frame = v6_.udp(payload_of(45));
    set_u16(frame, 14 + 4, lie);
    expect_dns(Way::out, frame, v6_, false, 0, payload_of(45));
  }
}

// A TCP header that claims to reach to the end or behind it leaves no payload.
TEST_F(HeaderTest, DataOffsetBehindTheEnd) {
  for (const std::size_t size : {0, 1, 20, 40}) {
    PacketBytes frame = v4_.tcp(payload_of(size));
    frame[14 + 20 + 12] = 0xf0;
    expect_nothing_either_way(frame);
  }
}

TEST_F(HeaderTest, HeaderLengthOfIpv4TooSmall) {
  for (std::uint8_t words = 0; words < 5; ++words) {
    PacketBytes frame = v4_.udp(payload_of(45));
    frame[14] = static_cast<std::uint8_t>(0x40 | words);
    expect_nothing_either_way(frame);
  }
}

}  // namespace
}  // namespace egresswatch::testing
