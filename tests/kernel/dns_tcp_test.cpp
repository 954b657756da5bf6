// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "decode/dns_stream.h"
#include "kernel/dns_test.h"

namespace egresswatch::testing {
namespace {

class DnsOverTcp : public DnsTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void connect_away() {
    const UniqueFd listener = [&] {
      const NetworkNamespace::Inside inside(*away_);
      return listen_at(server_);
    }();
    client_ = socket_away(family_of(server_), SOCK_STREAM);
    require(connect_to(client_, server_, family_of(server_)) == 0, "connect");
    socket_ = cookie(client_);
    local_ = local_endpoint(client_);
    peer_ = accept_from(listener);
    set_option(client_, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(peer_, IPPROTO_TCP, TCP_NODELAY, 1);
  }

  // RFC 1035 section 4.2.2
  static std::string with_length(const std::string& body) {
    return std::string{static_cast<char>(body.size() >> 8), static_cast<char>(body.size() & 0xff)} + body;
  }

  // One call, one segment.
  static void send_segments(const UniqueFd& from, const UniqueFd& to, const std::vector<std::string>& segments) {
    for (const std::string& segment : segments) {
      send_all(from, segment.data(), segment.size());
      receive_all(to, segment.size());
    }
  }

  std::vector<DnsPacket> finish() {
    journal_.own_socket(cookie(peer_));
    peer_.reset();
    expect_end_of_stream(client_);
    client_.reset();
    wait_for<TcpClosed>(socket_);
    stop();
    return journal_.take_each<DnsPacket>(socket_);
  }

  void expect_segments(const std::vector<DnsPacket>& packets, bool egress, const std::vector<std::string>& segments) {
    ASSERT_EQ(packets.size(), segments.size());
    std::uint32_t seq = packets.empty() ? 0 : packets.front().tcp_seq;
    EXPECT_NE(seq, 0U);
    for (std::size_t i = 0; i < segments.size(); ++i) {
      expect_packet(packets[i], egress, true, segments[i], socket_, local_, server_);
      EXPECT_EQ(packets[i].tcp_seq, seq);
      seq += static_cast<std::uint32_t>(segments[i].size());
    }
  }

  static std::vector<std::string> messages_of(const std::vector<DnsPacket>& packets) {
    std::vector<std::string> messages;
    decode::DnsStream stream;
    for (const DnsPacket& packet : packets)
      stream.push(packet.tcp_seq, packet.payload, packet.original_length,
                  [&](std::span<const std::byte> one) { messages.push_back(text(one)); });
    EXPECT_FALSE(stream.lost());
    return messages;
  }

  void expect_connection() {
    const auto [attempt, established, first_byte, closed] =
        journal_.take<TcpAttempt, TcpEstablished, TcpFirstByte, TcpClosed>(socket_);
    EXPECT_EQ(attempt.tuple.remote, server_);
    EXPECT_EQ(closed.error, 0);
  }

  const Endpoint server_ = endpoint(GetParam(), 53);
  UniqueFd client_, peer_;
  SocketId socket_ = 0;
  Endpoint local_;
};

TEST_P(DnsOverTcp, QueryAndAnswerInOneSegmentEach) {
  start();
  connect_away();
  const std::string query = with_length(message(45)), answer = with_length(message(1500));
  send_segments(client_, peer_, {query});
  send_segments(peer_, client_, {answer});
  const auto packets = finish();

  ASSERT_EQ(packets.size(), 2U);
  expect_segments({packets[0]}, true, {query});
  expect_segments({packets[1]}, false, {answer});
  EXPECT_THAT(messages_of({packets[0]}), ::testing::ElementsAre(message(45)));
  EXPECT_THAT(messages_of({packets[1]}), ::testing::ElementsAre(message(1500)));
  expect_connection();
}

TEST_P(DnsOverTcp, LengthAndBodyApart) {
  start();
  connect_away();
  const std::string query = with_length(message(45));
  const std::vector<std::string> segments{query.substr(0, 1), query.substr(1, 1), query.substr(2, 10),
                                          query.substr(12)};
  send_segments(client_, peer_, segments);
  send_segments(peer_, client_, segments);
  const auto packets = finish();

  ASSERT_EQ(packets.size(), 8U);
  expect_segments({packets.begin(), packets.begin() + 4}, true, segments);
  expect_segments({packets.begin() + 4, packets.end()}, false, segments);
  EXPECT_THAT(messages_of({packets.begin() + 4, packets.end()}), ::testing::ElementsAre(message(45)));
  expect_connection();
}

TEST_P(DnsOverTcp, OneByteAtATime) {
  start();
  connect_away();
  const std::string answer = with_length(message(60));
  std::vector<std::string> segments;
  for (const char byte : answer) segments.emplace_back(1, byte);
  send_segments(peer_, client_, segments);
  const auto packets = finish();

  expect_segments(packets, false, segments);
  EXPECT_THAT(messages_of(packets), ::testing::ElementsAre(message(60)));
  expect_connection();
}

// Two queries in flight, as RFC 7766 wants it; the segments do not end where the messages do.
TEST_P(DnsOverTcp, Pipelined) {
  start();
  connect_away();
  const std::string both = with_length(message(45)) + with_length(message(300));
  const std::vector<std::string> segments{both.substr(0, 46), both.substr(46, 3), both.substr(49)};
  send_segments(client_, peer_, segments);
  send_segments(peer_, client_, {"xx"});
  const auto packets = finish();

  ASSERT_EQ(packets.size(), 4U);
  expect_segments({packets.begin(), packets.end() - 1}, true, segments);
  EXPECT_THAT(messages_of({packets.begin(), packets.end() - 1}), ::testing::ElementsAre(message(45), message(300)));
  expect_connection();
}

// A segment may hold up to 64 KB before the device cuts it: the front is kept, the length told, the loss counted.
TEST_P(DnsOverTcp, SegmentLargerThanARecord) {
  start();
  connect_away();
  const std::string first = with_length(message(20000)), second = with_length(message(45));
  send_segments(peer_, client_, {first, second});
  const auto packets = finish();

  expect_segments(packets, false, {first, second});
  EXPECT_EQ(source_->totals().lost[EGW_LOST_PAYLOAD_TRUNCATED], 1U);
  // the next message is found all the same
  EXPECT_THAT(messages_of(packets), ::testing::ElementsAre(message(45)));
  expect_connection();
}

INSTANTIATE_TEST_SUITE_P(Dns, DnsOverTcp, ::testing::Values("127.0.0.1", "::1"),
                         [](const auto& one) { return one.index == 0 ? "ipv4" : "ipv6"; });

}  // namespace
}  // namespace egresswatch::testing
