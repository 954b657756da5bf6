// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <string>

#include "kernel/round_trip.h"

// How a source begins and ends.
namespace egresswatch::testing {
namespace {

using namespace std::chrono_literals;

class SourceTest : public RoundTripTest {
 protected:
  // More than one batch of the ring.
  void fill() {
    const UniqueFd reserved = make_socket(AF_INET, SOCK_STREAM);
    bind_to(reserved, endpoint("127.0.0.1", 0), AF_INET);
    for (int i = 0; i < capture::Ring::kBatch; ++i) {
      const UniqueFd client = make_socket(AF_INET, SOCK_STREAM);
      ASSERT_EQ(connect_to(client, local_endpoint(reserved), AF_INET), ECONNREFUSED);
    }
  }
};

TEST_F(SourceTest, StopsInTheMiddleOfABatch) {
  start();
  fill();
  const std::size_t before = journal_.records();
  while (journal_.records() == before) io_.run_one_for(1s);
  EXPECT_LT(journal_.sockets_of<TcpClosed>().size(), std::size_t{capture::Ring::kBatch});
  stop();
  EXPECT_EQ(journal_.sockets_of<TcpClosed>().size(), std::size_t{capture::Ring::kBatch});
  // what was posted for the rest of the batch finds that it is over
  const std::size_t all = journal_.records();
  io_.run_for(50ms);
  EXPECT_EQ(journal_.records(), all);
  journal_.clear();
}

// Neither the tick nor the timer of the datagrams keeps the loop alive.
TEST_F(SourceTest, LoopEndsAfterStop) {
  const UniqueFd receiver = make_socket(AF_INET, SOCK_DGRAM);
  bind_to(receiver, endpoint("127.0.0.1", 0), AF_INET);
  start();
  const UniqueFd fd = make_socket(AF_INET, SOCK_DGRAM);
  send_to(fd, "x", 1, local_endpoint(receiver), AF_INET);
  stop();
  const std::uint64_t begin_ns = monotonic_ns();
  io_.run_for(4s);
  EXPECT_LT(monotonic_ns() - begin_ns, 2'000'000'000U);
  EXPECT_EQ(journal_.take_each<UdpFlow>(cookie(fd)).size(), 1U);
}

TEST_F(SourceTest, NothingComesAfterStop) {
  start();
  stop();
  const std::size_t before = journal_.records();
  fill();
  source_->poll();
  source_->stop();
  io_.run_for(20ms);
  EXPECT_EQ(journal_.records(), before);
  for (const capture::Probe& probe : source_->probes()) EXPECT_FALSE(probe.attached) << probe.name;
}

TEST_F(SourceTest, EndsWithoutStop) {
  start();
  io_.run_for(20ms);
  source_.reset();
  fill();
}

TEST_F(SourceTest, ProbesHaveNames) {
  start();
  std::vector<std::string> names;
  for (const capture::Probe& probe : source_->probes()) names.push_back(probe.name);
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("tcp_state", "tcp_state_in_interrupt", "tcp_reset", "icmp_error",
                                                     "connect4", "connect6", "sendmsg4", "sendmsg6", "sock_release",
                                                     "route4", "route6", "packet_out", "packet_in", "existing"));
}

}  // namespace
}  // namespace egresswatch::testing
