// SPDX-License-Identifier: Apache-2.0
#include "capture/features.h"
#include "kernel/raw_records.h"

// Packets that this host itself drops, and SYNs that nobody answers.
namespace egresswatch::testing {
namespace {

class DropTest : public RawRecordsTest {
 protected:
  // Begins to connect to a listener, waits for the second try and gives up.
  std::uint64_t try_twice(const UniqueFd& listener) {
    UniqueFd client = socket_away(SOCK_STREAM | SOCK_NONBLOCK);
    require(connect_to(client, local_endpoint(listener), AF_INET) == EINPROGRESS, "connect");
    const std::uint64_t socket = cookie(client);
    wait_until([&] { return get_option<tcp_info>(client, IPPROTO_TCP, TCP_INFO).tcpi_total_retrans >= 2; });
    client.reset();
    wait_for(socket, EGW_TCP_CLOSED);
    stop();
    return socket;
  }
};

TEST_F(DropTest, RuleOnOutput) {
  const UniqueFd listener = listen_away();
  drop("output", "dport", local_endpoint(listener).port);
  start();
  const auto socket = try_twice(listener);
  const auto last = closed(socket);
  EXPECT_EQ(last.syn_retransmits, 2U);
  EXPECT_EQ(last.dropped_in, 0U);
  EXPECT_EQ(last.dropped_out, has_drops() ? 3U : 0U);
  // the hook has an argument for the error where it is called for what was not sent, too
  const auto features = capture::KernelFeatures::probe();
  const bool told = features && features->tracepoint_arguments("tcp_retransmit_skb") > 2;
  EXPECT_EQ(all<egw_tcp_retransmit>(socket, EGW_TCP_RETRANSMIT).size(), told ? 2U : 0U);
  EXPECT_EQ(last.dropped_in_reason, 0U);
  if (has_drops()) {
    EXPECT_EQ(reason(last.dropped_out_reason), "NETFILTER_DROP");
  }
}

// From another host: what comes by the loopback device brings its route along, and then the kernel looks for the socket
// only behind the rules.
TEST_F(DropTest, RuleOnInputDropsTheAnswer) {
  const NetworkNamespace server;
  UniqueFd there;
  {
    const NetworkNamespace::Inside inside(server);
    there = current_network_namespace();
  }
  const std::string path = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(there.get());
  try {
    away_->shell("ip link add c0 type veth peer name s0 netns " + path +
                 " 2>/dev/null && ip addr add 192.0.2.1/24 dev c0 && ip link set c0 up");
  } catch (const std::runtime_error&) {
    GTEST_SKIP() << "this kernel has no veth";
  }
  server.shell("ip addr add 192.0.2.2/24 dev s0 && ip link set s0 up");
  UniqueFd listener;
  {
    const NetworkNamespace::Inside inside(server);
    listener = listen_at(endpoint("192.0.2.2", 0));
  }
  drop("input", "sport", local_endpoint(listener).port);
  start();
  const auto socket = try_twice(listener);
  const auto last = closed(socket);
  EXPECT_EQ(last.syn_retransmits, 2U);
  EXPECT_EQ(last.dropped_out, 0U);
  EXPECT_EQ(last.dropped_out_reason, 0U);
  if (has_drops()) {
    EXPECT_GE(last.dropped_in, 3U);
    EXPECT_EQ(reason(last.dropped_in_reason), "NETFILTER_DROP");
  }
}

// What the other side drops is not the client's.
TEST_F(DropTest, NobodyAnswers) {
  const UniqueFd listener = listen_away();
  deafen(listener);
  start();
  const auto socket = try_twice(listener);
  const auto again = all<egw_tcp_retransmit>(socket, EGW_TCP_RETRANSMIT);
  ASSERT_EQ(again.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(again[i].header.size, sizeof again[i]);
    EXPECT_EQ(again[i].count, i + 1);
    EXPECT_EQ(again[i].state, kSynSent);
    EXPECT_EQ(again[i].idle_ns, 0U);
  }
  EXPECT_EQ(types(socket),
            (std::vector<std::uint32_t>{EGW_TCP_ATTEMPT, EGW_TCP_RETRANSMIT, EGW_TCP_RETRANSMIT, EGW_TCP_CLOSED}));
  const auto last = closed(socket);
  EXPECT_EQ(last.dropped_out, 0U);
  EXPECT_EQ(last.dropped_in, 0U);
  EXPECT_EQ(last.idle_ns, 0U);
  EXPECT_EQ(last.unacked_bytes, 1U);
}

TEST_F(DropTest, NextHopDead) {
  if (!away_->add_silent_network()) GTEST_SKIP() << "this kernel has no veth";
  away_->shell("ip neigh flush dev silent0 nud permanent");
  away_->sysctl("net/ipv4/neigh/silent0/retrans_time_ms", "50");
  away_->sysctl("net/ipv4/neigh/silent0/mcast_solicit", "1");
  start();
  UniqueFd client = socket_away(SOCK_STREAM);
  EXPECT_EQ(connect_to(client, endpoint("192.0.2.9", 443), AF_INET), EHOSTUNREACH);
  const auto socket = cookie(client);
  wait_for(socket, EGW_TCP_CLOSED);
  stop();
  const auto last = closed(socket);
  EXPECT_EQ(last.error, static_cast<std::uint32_t>(EHOSTUNREACH));
  EXPECT_EQ(last.dropped_in, 0U);
  const std::string name = reason(last.dropped_out_reason);
  RecordProperty("reason", name);
  // 5.18 and later; before, the kernel gives no reason
  const bool named = std::ranges::any_of(reasons_, [](const auto& one) { return one.second == "NEIGH_FAILED"; });
  if (has_drops() && named) {
    EXPECT_EQ(last.dropped_out, 1U);
    EXPECT_EQ(name, "NEIGH_FAILED");
  }
}

TEST_F(DropTest, ReasonsAreNamed) {
  start();
  if (!has_drops()) GTEST_SKIP() << "this kernel has no drop reasons";
  EXPECT_TRUE(std::ranges::any_of(reasons_, [](const auto& one) { return one.second == "NOT_SPECIFIED"; }));
  for (const auto& [number, name] : reasons_) EXPECT_FALSE(name.empty()) << number;
  EXPECT_EQ(source_->totals().produced[EGW_DROP_REASON], 0U);
}

}  // namespace
}  // namespace egresswatch::testing
