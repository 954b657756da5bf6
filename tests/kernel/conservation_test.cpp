// SPDX-License-Identifier: Apache-2.0
#include <numeric>

#include "kernel/round_trip.h"

// Nothing is lost without being counted, and a full ring is no end.
namespace egresswatch::testing {
namespace {

class ConservationTest : public RoundTripTest {
 protected:
  static std::uint64_t produced(const egw_totals& totals) {
    return std::accumulate(std::begin(totals.produced), std::end(totals.produced), std::uint64_t{0});
  }

  // Refused connections: an attempt and a close each, and no socket stays behind.
  static void connect_in_vain(const UniqueFd& reserved, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const UniqueFd client = make_socket(AF_INET, SOCK_STREAM);
      ASSERT_EQ(connect_to(client, local_endpoint(reserved), AF_INET), ECONNREFUSED);
    }
  }

  // Bound and not listening: nobody else gets the port, and who connects is refused.
  static UniqueFd reserve_port() {
    UniqueFd fd = make_socket(AF_INET, SOCK_STREAM);
    bind_to(fd, endpoint("127.0.0.1", 0), AF_INET);
    return fd;
  }

  void expect_events_come_again() {
    const UniqueFd listener = listen_here("127.0.0.1");
    Known known = begin(AF_INET, local_endpoint(listener));
    UniqueFd client = make_socket(AF_INET, SOCK_STREAM);
    ASSERT_EQ(connect_to(client, known.remote, AF_INET), 0);
    converse(known, std::move(client), listener);
    expect_round_trip(known);
  }

  // After stop(): the programs run no more and every record was taken.
  void expect_conserved() {
    const egw_totals totals = source_->totals();
    EXPECT_EQ(produced(totals), journal_.from_ring() + totals.lost[EGW_LOST_RING_FULL]);
    EXPECT_EQ(totals.lost[EGW_LOST_SOCKET_TABLE_FULL], 0U);
  }
};

TEST_F(ConservationTest, RingOf64KilobytesThatNobodyReads) {
  may_lose_ = true;
  const UniqueFd reserved = reserve_port();
  start({.ring_bytes = 1 << 16});
  connect_in_vain(reserved, 2000);
  EXPECT_GT(source_->totals().lost[EGW_LOST_RING_FULL], 2000U);
  io_.run_for(std::chrono::milliseconds(50));
  journal_.clear();

  expect_events_come_again();
  expect_conserved();
}

// The reader sleeps when the ring fills: its wake-up must not be lost among those that were not sent.
TEST_F(ConservationTest, ManyRoundsOfFullAndEmpty) {
  may_lose_ = true;
  const UniqueFd reserved = reserve_port();
  start({.ring_bytes = 1 << 16});
  for (int round = 0; round < 20; ++round) {
    connect_in_vain(reserved, 400);
    const std::size_t before = journal_.records();
    wait_until([&] { return journal_.records() > before; });
  }
  journal_.clear();
  expect_events_come_again();
  expect_conserved();
}

// A flow that is begun in a full ring is counted as lost; its later packets come with the sums.
TEST_F(ConservationTest, FlowsInARingThatNobodyReads) {
  may_lose_ = true;
  constexpr std::uint32_t kFlows = 2000;
  start({.ring_bytes = 1 << 16});
  const UniqueFd sender = make_socket(AF_INET, SOCK_DGRAM);
  for (std::uint32_t i = 0; i < 2 * kFlows; ++i) {
    const auto low = static_cast<std::uint8_t>(i % kFlows % 250 + 1),
               high = static_cast<std::uint8_t>(i % kFlows / 250);
    send_to(sender, "x", 1, {IpAddress::v4(127, 2, high, low), 9}, AF_INET);
  }
  EXPECT_GT(source_->totals().lost[EGW_LOST_RING_FULL], kFlows / 2);
  stop();

  std::size_t first = 0, sums = 0;
  for (const Flow& flow : journal_.take_each<Flow>(cookie(sender))) ++(flow.first ? first : sums);
  EXPECT_LT(first, std::size_t{kFlows});
  EXPECT_EQ(sums, std::size_t{kFlows});
  EXPECT_EQ(source_->totals().lost[EGW_LOST_FLOW_TABLE_FULL], 0U);
  journal_.clear();
  expect_conserved();
}

// Read while it is written, by two threads that connect.
TEST_F(ConservationTest, ReadWhileWritten) {
  may_lose_ = true;
  const UniqueFd reserved = reserve_port();
  start();
  wait_while([&] {
    std::thread other([&] { connect_in_vain(reserved, 5000); });
    connect_in_vain(reserved, 5000);
    other.join();
  });
  stop();
  expect_conserved();
  const std::size_t attempts = journal_.sockets_of<TcpAttempt>().size();
  const std::size_t closed = journal_.sockets_of<TcpClosed>().size();
  EXPECT_EQ(attempts, 10000U);
  EXPECT_EQ(closed, 10000U);
  journal_.clear();
}

// More sockets than the table holds: the attempt is told, what follows is counted as lost.
TEST_F(ConservationTest, SocketTableFull) {
  const NetworkNamespace away;
  if (!away.add_silent_network()) GTEST_SKIP() << "this kernel has no veth";
  journal_.own_namespace(away.inode());
  constexpr std::size_t kTable = 16, kSockets = 40;
  start({.ring_bytes = 1 << 20, .sockets = kTable});
  std::vector<UniqueFd> clients;
  {
    const NetworkNamespace::Inside inside(away);
    for (std::size_t i = 0; i < kSockets; ++i) {
      clients.push_back(make_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK));
      ASSERT_EQ(connect_to(clients.back(), endpoint("192.0.2.9", 443), AF_INET), EINPROGRESS);
    }
  }
  clients.clear();
  stop();

  const std::uint64_t lost = source_->totals().lost[EGW_LOST_SOCKET_TABLE_FULL];
  // other sockets of the host are in the table too
  EXPECT_GE(lost, kSockets - kTable);
  EXPECT_EQ(journal_.sockets_of<TcpAttempt>().size(), kSockets);
  EXPECT_LE(journal_.sockets_of<TcpClosed>().size(), kTable);
  EXPECT_GE(journal_.sockets_of<TcpClosed>().size() + lost, kSockets);
  journal_.clear();
}

}  // namespace
}  // namespace egresswatch::testing
