// SPDX-License-Identifier: Apache-2.0
#include "kernel/raw_records.h"

// What a client sends first, and the beginning of the answer.
namespace egresswatch::testing {
namespace {

class PayloadTest : public RawRecordsTest {
 protected:
  static std::string client_hello(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7);
    bytes[0] = 0x16;
    return bytes;
  }

  // Sends the pieces one by one, each acknowledged before the next, then an answer, and closes. Returns the socket.
  std::uint64_t converse(const std::vector<std::string>& pieces, const std::string& answer) {
    const UniqueFd listener = listen_away();
    start();
    Connection c = connect_away(listener);
    begin_ns_ = monotonic_ns();
    for (const std::string& piece : pieces) {
      send_all(c.client, piece.data(), piece.size());
      receive_all(c.server, piece.size());
    }
    answer_ns_ = monotonic_ns();
    if (!answer.empty()) {
      send_all(c.server, answer.data(), answer.size());
      receive_all(c.client, answer.size());
    }
    send_all(c.client, "GET", 3);
    receive_all(c.server, 3);
    c.server.reset();
    expect_end_of_stream(c.client);
    c.client.reset();
    wait_for(c.socket, EGW_TCP_CLOSED);
    stop();
    const auto last = closed(c.socket);
    EXPECT_GT(last.first_sent_ns, begin_ns_);
    EXPECT_LT(last.first_sent_ns, answer_ns_);
    EXPECT_EQ(last.idle_ns, 0U);
    EXPECT_EQ(last.stalled_retransmits, 0U);
    EXPECT_EQ(last.dropped_out, 0U);
    EXPECT_EQ(last.dropped_in, 0U);
    return c.socket;
  }

  void expect_answer(std::uint64_t socket, const std::string& answer, bool with_head) {
    const auto first = only<egw_tcp_first_byte>(socket, EGW_TCP_FIRST_BYTE);
    EXPECT_EQ(first.header.size, sizeof first);
    EXPECT_GT(first.header.time_ns, answer_ns_);
    EXPECT_EQ(first.header.time_ns, closed(socket).first_received_ns);
    EXPECT_EQ(first.sent_ns, closed(socket).first_sent_ns);
    EXPECT_EQ(first.length, answer.size());
    const std::size_t head = with_head ? std::min(answer.size(), sizeof first.head) : 0;
    EXPECT_EQ(first.head_length, head);
    std::string expected = answer.substr(0, head);
    expected.resize(sizeof first.head);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(first.head), sizeof first.head), expected);
  }

  void expect_types(std::uint64_t socket, std::size_t pieces) {
    std::vector<std::uint32_t> expected{EGW_TCP_ATTEMPT, EGW_TCP_ESTABLISHED};
    expected.insert(expected.end(), pieces, EGW_TCP_PAYLOAD);
    expected.push_back(EGW_TCP_FIRST_BYTE);
    expected.push_back(EGW_TCP_CLOSED);
    EXPECT_EQ(types(socket), expected);
  }

  std::uint64_t begin_ns_ = 0;
  std::uint64_t answer_ns_ = 0;
};

TEST_F(PayloadTest, HelloInOneSegment) {
  const std::string hello = client_hello(517);
  const std::string answer(100, 'a');
  const auto socket = converse({hello}, answer);
  expect_types(socket, 1);
  EXPECT_TRUE(payloads(socket) == std::vector{hello});
  const auto payload = only<egw_tcp_payload>(socket, EGW_TCP_PAYLOAD);
  EXPECT_EQ(payload.offset, 0U);
  EXPECT_EQ(payload.original_length, 517U);
  expect_answer(socket, answer, true);
}

TEST_F(PayloadTest, HelloInTwoSegmentsAndShortAnswer) {
  const std::string hello = client_hello(1000);
  const auto socket = converse({hello.substr(0, 300), hello.substr(300)}, "abc");
  expect_types(socket, 2);
  EXPECT_TRUE(payloads(socket) == (std::vector{hello.substr(0, 300), hello.substr(300)}));
  EXPECT_EQ(all<egw_tcp_payload>(socket, EGW_TCP_PAYLOAD)[1].offset, 300U);
  expect_answer(socket, "abc", true);
}

TEST_F(PayloadTest, PostQuantumHello) {
  const std::string hello = client_hello(1638);
  const auto socket = converse({hello}, "a");
  expect_types(socket, 1);
  EXPECT_TRUE(payloads(socket) == std::vector{hello});
}

TEST_F(PayloadTest, SizesAtTheEdges) {
  for (const std::size_t size : {639U, 640U, 641U, 2303U, 2304U}) {
    const std::string hello = client_hello(size);
    const UniqueFd listener = listen_away();
    if (!source_) start();
    Connection c = connect_away(listener);
    send_all(c.client, hello.data(), hello.size());
    wait_for(c.socket, EGW_TCP_PAYLOAD);
    EXPECT_TRUE(payloads(c.socket) == std::vector{hello}) << size;
  }
}

TEST_F(PayloadTest, NoMoreThanTheMaximum) {
  const std::string hello = client_hello(4000);
  const auto socket = converse({hello.substr(0, 2000), hello.substr(2000, 1000), hello.substr(3000)}, "a");
  expect_types(socket, 2);
  EXPECT_TRUE(payloads(socket) == (std::vector{hello.substr(0, 2000), hello.substr(2000, 304)}));
  EXPECT_EQ(all<egw_tcp_payload>(socket, EGW_TCP_PAYLOAD)[1].original_length, 1000U);
  EXPECT_EQ(source_->totals().lost[EGW_LOST_PAYLOAD_TRUNCATED], 0U);
}

TEST_F(PayloadTest, NoMoreSegmentsThanTheMaximum) {
  const std::string hello = client_hello(20);
  std::vector<std::string> pieces;
  for (const char byte : hello) pieces.emplace_back(1, byte);
  const auto socket = converse(pieces, "a");
  expect_types(socket, EGW_PAYLOAD_SEGMENTS);
  pieces.resize(EGW_PAYLOAD_SEGMENTS);
  EXPECT_TRUE(payloads(socket) == pieces);
}

TEST_F(PayloadTest, HttpIsItsFirstSegment) {
  const std::string request = "POST /ocsp HTTP/1.1\r\nHost: ocsp.example\r\n\r\n";
  const std::string answer = "HTTP/1.1 470 Blocked by the firewall\r\n\r\n";
  const auto socket = converse({request, std::string(5000, 'b')}, answer);
  expect_types(socket, 1);
  EXPECT_TRUE(payloads(socket) == std::vector{request});
  expect_answer(socket, answer, true);
}

TEST_F(PayloadTest, OtherProtocolsAreNotCopied) {
  for (const char* first : {"\x01hello", "SSH-2.0", "get /", "\x17\x03\x03", "Zoo", "Ehlo"}) {
    const UniqueFd listener = listen_away();
    if (!source_) start();
    Connection c = connect_away(listener);
    send_all(c.client, first, std::strlen(first));
    send_all(c.client, "\x16\x03\x01", 3);
    receive_all(c.server, std::strlen(first) + 3);
    send_all(c.server, "answer", 6);
    receive_all(c.client, 6);
    c.client.reset();
    c.server.reset();
    wait_for(c.socket, EGW_TCP_CLOSED);
    EXPECT_EQ(payloads(c.socket).size(), 0U) << first;
    const auto head = only<egw_tcp_first_byte>(c.socket, EGW_TCP_FIRST_BYTE);
    EXPECT_EQ(head.length, 6U);
    EXPECT_EQ(head.head_length, 0U);
    EXPECT_EQ(head.head[0], 0U);
  }
}

}  // namespace
}  // namespace egresswatch::testing
