// SPDX-License-Identifier: Apache-2.0
#include <netinet/udp.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "kernel/round_trip.h"

// Datagrams are summed by socket and destination: one record at the first of them, one for the rest.
namespace egresswatch::testing {
namespace {

constexpr std::size_t kPayload = 300;
constexpr std::size_t kDatagrams = 100;

struct Case {
  const char* name;
  int family;  // of the sending socket
  const char* address;
};

constexpr Case kIpv4{"ipv4", AF_INET, "127.0.0.1"};

class DatagramsOver : public KernelTest {
 protected:
  explicit DatagramsOver(const Case& wanted) : case_(wanted) {}

  UniqueFd receive_here() const {
    const Endpoint any = endpoint(case_.address, 0);
    UniqueFd fd = make_socket(family_of(any), SOCK_DGRAM);
    bind_to(fd, any, family_of(any));
    return fd;
  }

  UniqueFd sender() const { return make_socket(case_.family, SOCK_DGRAM); }

  void expect_flow(const Flow& event, bool first, std::size_t packets, std::size_t bytes, const UniqueFd& fd,
                   const Endpoint& to) const {
    EXPECT_GT(event.time_ns, begin_ns_);
    EXPECT_LT(event.time_ns, monotonic_ns());
    EXPECT_EQ(event.socket, cookie(fd));
    EXPECT_EQ(event.first, first);
    EXPECT_FALSE(event.raw);
    EXPECT_EQ(event.protocol, Protocol::udp);
    EXPECT_EQ(event.packets, packets);
    EXPECT_EQ(event.bytes, bytes);
    EXPECT_EQ(event.netns, 0U);
    // as in the packet: of a v4-mapped socket AF_INET
    EXPECT_EQ(event.tuple.family, to.address.is_v4() ? AF_INET : AF_INET6);
    EXPECT_EQ(event.tuple.local.address.to_string(), case_.address);
    EXPECT_EQ(event.tuple.local.port, local_endpoint(fd).port);
    EXPECT_EQ(event.tuple.remote.to_string(), to.to_string());
    expect_own_process(event.process);
  }

  const Case case_;
  std::uint64_t begin_ns_ = monotonic_ns();
};

class DatagramTest : public DatagramsOver, public ::testing::WithParamInterface<Case> {
 protected:
  DatagramTest() : DatagramsOver(GetParam()) {}
};

class SweepTest : public DatagramsOver {
 protected:
  SweepTest() : DatagramsOver(kIpv4) {}
};

TEST_P(DatagramTest, UnconnectedToTwoDestinations) {
  const std::array<UniqueFd, 2> receivers{receive_here(), receive_here()};
  start();
  const UniqueFd fd = sender();
  const std::string payload(kPayload, 'x');
  for (std::size_t i = 0; i < kDatagrams; ++i)
    for (const UniqueFd& receiver : receivers)
      send_to(fd, payload.data(), payload.size(), local_endpoint(receiver), case_.family);
  stop();

  auto flows = journal_.take_each<Flow>(cookie(fd));
  ASSERT_EQ(flows.size(), 4U);
  expect_flow(flows[0], true, 1, kPayload, fd, local_endpoint(receivers[0]));
  expect_flow(flows[1], true, 1, kPayload, fd, local_endpoint(receivers[1]));
  // the table knows no order
  if (flows[2].tuple.remote != local_endpoint(receivers[0])) std::swap(flows[2], flows[3]);
  for (std::size_t i = 0; i < 2; ++i)
    expect_flow(flows[2 + i], false, kDatagrams - 1, (kDatagrams - 1) * kPayload, fd, local_endpoint(receivers[i]));
}

TEST_P(DatagramTest, Connected) {
  const UniqueFd receiver = receive_here();
  start();
  const UniqueFd fd = sender();
  ASSERT_EQ(connect_to(fd, local_endpoint(receiver), case_.family), 0);
  for (std::size_t i = 0; i < kDatagrams; ++i) send_all(fd, kPayload);
  stop();

  const auto flows = journal_.take_each<Flow>(cookie(fd));
  ASSERT_EQ(flows.size(), 2U);
  expect_flow(flows[0], true, 1, kPayload, fd, local_endpoint(receiver));
  expect_flow(flows[1], false, kDatagrams - 1, (kDatagrams - 1) * kPayload, fd, local_endpoint(receiver));
}

TEST_P(DatagramTest, TwoSocketsToOneDestination) {
  const UniqueFd receiver = receive_here();
  start();
  const std::array<UniqueFd, 2> senders{sender(), sender()};
  for (const UniqueFd& fd : senders) {
    ASSERT_EQ(connect_to(fd, local_endpoint(receiver), case_.family), 0);
    send_all(fd, kPayload);
  }
  stop();

  for (const UniqueFd& fd : senders) {
    const auto flows = journal_.take_each<Flow>(cookie(fd));
    ASSERT_EQ(flows.size(), 1U);
    expect_flow(flows[0], true, 1, kPayload, fd, local_endpoint(receiver));
  }
}

// Two threads begin at the same moment, on two processors: both find no entry yet.
TEST_P(DatagramTest, TwoThreadsThroughOneSocket) {
  const UniqueFd receiver = receive_here();
  start();
  constexpr std::size_t kRounds = 300;
  std::vector<UniqueFd> senders;
  for (std::size_t i = 0; i < kRounds; ++i) {
    senders.push_back(sender());
    ASSERT_EQ(connect_to(senders.back(), local_endpoint(receiver), case_.family), 0);
  }
  std::atomic<std::size_t> arrived = 0;
  const auto send_each = [&] {
    for (std::size_t i = 0; i < kRounds; ++i) {
      ++arrived;
      while (arrived < 2 * (i + 1)) std::this_thread::yield();
      send_all(senders[i], kPayload);
    }
  };
  std::thread other(send_each);
  send_each();
  other.join();
  stop();

  for (const UniqueFd& fd : senders) {
    const auto flows = journal_.take_each<Flow>(cookie(fd));
    ASSERT_EQ(flows.size(), 2U);
    expect_flow(flows[0], true, 1, kPayload, fd, local_endpoint(receiver));
    expect_flow(flows[1], false, 1, kPayload, fd, local_endpoint(receiver));
  }
  EXPECT_EQ(source_->totals().lost[EGW_LOST_FLOW_TABLE_FULL], 0U);
}

// One system call, many packets: the kernel cuts one large buffer.
TEST_P(DatagramTest, SegmentationOffload) {
  const UniqueFd receiver = receive_here();
  start();
  const UniqueFd fd = sender();
  ASSERT_EQ(connect_to(fd, local_endpoint(receiver), case_.family), 0);
  set_option(fd, SOL_UDP, UDP_SEGMENT, 100);
  send_all(fd, 1050);
  send_all(fd, 1050);
  stop();

  const auto flows = journal_.take_each<Flow>(cookie(fd));
  ASSERT_EQ(flows.size(), 2U);
  expect_flow(flows[0], true, 11, 1050, fd, local_endpoint(receiver));
  expect_flow(flows[1], false, 11, 1050, fd, local_endpoint(receiver));
}

TEST_P(DatagramTest, EmptyDatagram) {
  const UniqueFd receiver = receive_here();
  start();
  const UniqueFd fd = sender();
  send_to(fd, "", 0, local_endpoint(receiver), case_.family);
  stop();

  const auto flows = journal_.take_each<Flow>(cookie(fd));
  ASSERT_EQ(flows.size(), 1U);
  expect_flow(flows[0], true, 1, 0, fd, local_endpoint(receiver));
}

// While the source runs, the sums come by themselves.
TEST_F(SweepTest, SumsComeByThemselves) {
  const UniqueFd receiver = receive_here();
  start();
  const UniqueFd fd = sender();
  ASSERT_EQ(connect_to(fd, local_endpoint(receiver), case_.family), 0);
  const SocketId socket = cookie(fd);
  for (int i = 0; i < 10; ++i) send_all(fd, kPayload);
  wait_until([&] {
    return journal_.has([&](const Event& event) {
      const auto* flow = std::get_if<Flow>(&event);
      return flow && flow->socket == socket && !flow->first;
    });
  });
  send_all(fd, kPayload);
  stop();

  const auto flows = journal_.take_each<Flow>(socket);
  ASSERT_EQ(flows.size(), 3U);
  expect_flow(flows[0], true, 1, kPayload, fd, local_endpoint(receiver));
  expect_flow(flows[1], false, 9, 9 * kPayload, fd, local_endpoint(receiver));
  expect_flow(flows[2], true, 1, kPayload, fd, local_endpoint(receiver));
}

INSTANTIATE_TEST_SUITE_P(Datagrams, DatagramTest,
                         ::testing::Values(kIpv4, Case{"ipv6", AF_INET6, "::1"},
                                           Case{"v4mapped", AF_INET6, "127.0.0.1"}),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace egresswatch::testing
