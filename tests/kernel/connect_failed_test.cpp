// SPDX-License-Identifier: Apache-2.0
#include <bpf/bpf.h>
#include <linux/bpf.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "harness/control_group.h"
#include "kernel/round_trip.h"

// connect() fails before the socket leaves CLOSE: no tracepoint of TCP fires.
namespace egresswatch::testing {
namespace {

class ConnectFailedTest : public RoundTripTest {
 protected:
  void SetUp() override {
    RoundTripTest::SetUp();
    if (IsSkipped()) return;
    away_ = std::make_unique<NetworkNamespace>();
    journal_.own_namespace(away_->inode());
  }

  UniqueFd socket_away(int family) {
    const NetworkNamespace::Inside inside(*away_);
    return make_socket(family, SOCK_STREAM);
  }

  Known begin_away(const char* address) {
    const Endpoint remote = endpoint(address, 443);
    Known known = begin(family_of(remote), remote);
    known.netns = away_->inode();
    return known;
  }

  static void expect_failed(const ConnectFailed& event, const Known& known, int route_error, int verdict_error) {
    EXPECT_GT(event.time_ns, event.attempt_ns);
    EXPECT_LT(event.time_ns, known.end_ns);
    EXPECT_GT(event.attempt_ns, known.begin_ns);
    EXPECT_EQ(event.socket, known.socket);
    EXPECT_EQ(event.netns, known.netns);
    EXPECT_EQ(event.route_error, route_error);
    EXPECT_EQ(event.verdict_error, verdict_error);
    EXPECT_EQ(event.tuple.family, known.family);
    EXPECT_EQ(event.tuple.local.port, 0U);
    EXPECT_TRUE(event.tuple.local.address.is_unspecified());
    EXPECT_EQ(event.tuple.remote.to_string(), known.remote.to_string());
    expect_own_process(event.process);
  }

  std::unique_ptr<NetworkNamespace> away_;
};

struct Case {
  const char* name;
  const char* route;  // what `ip route` adds; empty = nothing
  const char* address;
  int error;        // of connect()
  int route_error;  // of the lookup
};

class EachRoute : public ConnectFailedTest, public ::testing::WithParamInterface<Case> {};

TEST_P(EachRoute, IsTold) {
  const Case& wanted = GetParam();
  const std::string ip = family_of(endpoint(wanted.address, 0)) == AF_INET ? "ip -4 route add " : "ip -6 route add ";
  if (*wanted.route) away_->shell(ip + wanted.route);
  start();
  Known known = begin_away(wanted.address);
  UniqueFd client = socket_away(known.family);
  ASSERT_EQ(connect_to(client, known.remote, known.family), wanted.error);
  known.socket = cookie(client);
  client.reset();
  known.end_ns = monotonic_ns();
  stop();

  const auto [failed] = journal_.take<ConnectFailed>(known.socket);
  expect_failed(failed, known, wanted.route_error, 0);
}

// In IPv4 a table without a match says -EAGAIN ("try the next table"), which connect() turns into ENETUNREACH.
INSTANTIATE_TEST_SUITE_P(
    ConnectFailed, EachRoute,
    ::testing::Values(Case{"none4", "", "192.0.2.1", ENETUNREACH, -EAGAIN},
                      Case{"none6", "", "2001:db8::1", ENETUNREACH, -ENETUNREACH},
                      Case{"prohibit4", "prohibit 192.0.2.0/24", "192.0.2.1", EACCES, -EACCES},
                      Case{"prohibit6", "prohibit 2001:db8::/32", "2001:db8::1", EACCES, -EACCES},
                      Case{"unreachable4", "unreachable 192.0.2.0/24", "192.0.2.1", EHOSTUNREACH, -EHOSTUNREACH},
                      Case{"unreachable6", "unreachable 2001:db8::/32", "2001:db8::1", EHOSTUNREACH, -EHOSTUNREACH},
                      Case{"blackhole4", "blackhole 192.0.2.0/24", "192.0.2.1", EINVAL, -EINVAL},
                      Case{"blackhole6", "blackhole 2001:db8::/32", "2001:db8::1", EINVAL, -EINVAL}),
    [](const auto& one) { return one.param.name; });

TEST_F(ConnectFailedTest, NoRouteForAMappedAddress) {
  start();
  Known known = begin_away("192.0.2.1");
  known.family = AF_INET6;
  UniqueFd client = socket_away(AF_INET6);
  ASSERT_EQ(connect_to(client, known.remote, AF_INET6), ENETUNREACH);
  known.socket = cookie(client);
  client.reset();
  known.end_ns = monotonic_ns();
  stop();

  const auto [failed] = journal_.take<ConnectFailed>(known.socket);
  expect_failed(failed, known, -EAGAIN, 0);
}

// With policy routing the local table is asked first, and has no answer: that is no error yet.
TEST_F(ConnectFailedTest, NoRouteInAnyOfTheTables) {
  away_->shell("ip rule add pref 100 table 100 && ip -6 rule add pref 100 table 100");
  start();
  std::vector<Known> all;
  for (const char* address : {"192.0.2.1", "2001:db8::1"}) {
    Known& known = all.emplace_back(begin_away(address));
    UniqueFd client = socket_away(known.family);
    ASSERT_EQ(connect_to(client, known.remote, known.family), ENETUNREACH);
    known.socket = cookie(client);
    client.reset();
    known.end_ns = monotonic_ns();
  }
  stop();

  for (const Known& known : all) {
    const auto [failed] = journal_.take<ConnectFailed>(known.socket);
    expect_failed(failed, known, known.family == AF_INET ? -EAGAIN : -ENETUNREACH, 0);
  }
}

// There is a route, but no address to connect from: no error of a lookup.
TEST_F(ConnectFailedTest, NoSourceAddress) {
  if (!away_->add_silent_network()) GTEST_SKIP() << "this kernel has no veth";
  away_->shell(
      "ip -6 addr flush dev lo && ip -6 addr flush dev silent0 && ip -6 addr flush dev silent1 && "
      "ip -6 route add 2001:db8::/64 dev silent0");
  start();
  Known known = begin_away("2001:db8::9");
  UniqueFd client = socket_away(AF_INET6);
  ASSERT_EQ(connect_to(client, known.remote, AF_INET6), EADDRNOTAVAIL);
  known.socket = cookie(client);
  client.reset();
  known.end_ns = monotonic_ns();
  stop();

  const auto [failed] = journal_.take<ConnectFailed>(known.socket);
  expect_failed(failed, known, 0, 0);
}

TEST_F(ConnectFailedTest, TwiceOnOneSocketThenConnected) {
  start();
  Known first = begin_away("192.0.2.1");
  UniqueFd client = socket_away(AF_INET);
  ASSERT_EQ(connect_to(client, first.remote, AF_INET), ENETUNREACH);
  first.socket = cookie(client);

  away_->shell("ip route add prohibit 198.51.100.0/24");
  Known second = begin_away("198.51.100.1");
  second.socket = first.socket;
  ASSERT_EQ(connect_to(client, second.remote, AF_INET), EACCES);
  first.end_ns = monotonic_ns();

  UniqueFd listener;
  {
    const NetworkNamespace::Inside inside(*away_);
    listener = listen_here("127.0.0.1");
  }
  Known third = begin(AF_INET, local_endpoint(listener));
  third.netns = away_->inode();
  ASSERT_EQ(connect_to(client, third.remote, AF_INET), 0);
  second.end_ns = monotonic_ns();
  converse(third, std::move(client), listener);
  wait_for<TcpClosed>(third.socket);

  const auto failures = journal_.take_each<ConnectFailed>(first.socket);
  ASSERT_EQ(failures.size(), 2U);
  expect_failed(failures[0], first, -EAGAIN, 0);
  expect_failed(failures[1], second, -EACCES, 0);
  expect_round_trip(third);
}

TEST_F(ConnectFailedTest, OneThreadConnectsAnotherCloses) {
  away_->shell("ip route add prohibit 192.0.2.0/24");
  start();
  Known known = begin_away("192.0.2.1");
  UniqueFd client = socket_away(AF_INET);
  int error = 0;
  std::thread([&] { error = connect_to(client, known.remote, AF_INET); }).join();
  ASSERT_EQ(error, EACCES);
  known.socket = cookie(client);
  SocketId other_socket = 0;
  std::thread([&] {
    // another error of the closing thread says nothing about this socket
    UniqueFd other = socket_away(AF_INET);
    EXPECT_EQ(connect_to(other, endpoint("198.51.100.1", 443), AF_INET), ENETUNREACH);
    other_socket = cookie(other);
    client.reset();
  }).join();
  known.end_ns = monotonic_ns();
  stop();

  const auto [failed] = journal_.take<ConnectFailed>(known.socket);
  expect_failed(failed, known, -EACCES, 0);
  const auto [other] = journal_.take<ConnectFailed>(other_socket);
  EXPECT_EQ(other.route_error, -EAGAIN);
}

// `r0 = 0; exit` at cgroup/connect4: everything is forbidden.
UniqueFd load_denial() {
  const bpf_insn program[] = {
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .src_reg = 0, .off = 0, .imm = 0},
      {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
  };
  LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_CGROUP_INET4_CONNECT);
  return UniqueFd(::bpf_prog_load(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, "denial", "GPL", program, 2, &options));
}

TEST_F(ConnectFailedTest, DeniedByAnotherCgroupProgram) {
  const ControlGroup group;
  const UniqueFd denial = load_denial();
  ASSERT_TRUE(denial);
  const UniqueFd directory = group.open();
  // goes with the control group
  ASSERT_EQ(::bpf_prog_attach(denial.get(), directory.get(), BPF_CGROUP_INET4_CONNECT, 0), 0);
  start();

  const ControlGroup::Member member(group);
  Known known = begin_away("127.0.0.1");
  UniqueFd client = socket_away(AF_INET);
  ASSERT_EQ(connect_to(client, known.remote, AF_INET), EPERM);
  known.socket = cookie(client);
  client.reset();
  known.end_ns = monotonic_ns();
  stop();

  const auto [failed] = journal_.take<ConnectFailed>(known.socket);
  expect_failed(failed, known, 0, kernel_has("bpf_get_retval") ? -EPERM : 0);
}

// One port for all: the second connection to the same place finds none. That is after SYN_SENT.
TEST_F(ConnectFailedTest, NoLocalPort) {
  away_->sysctl("net/ipv4/ip_local_port_range", "40000 40000");
  UniqueFd listener, first;
  {
    const NetworkNamespace::Inside inside(*away_);
    listener = listen_at(endpoint("127.0.0.1", 443));
    first = make_socket(AF_INET, SOCK_STREAM);
    ASSERT_EQ(connect_to(first, endpoint("127.0.0.1", 443), AF_INET), 0);
  }
  start();
  Known known = begin_away("127.0.0.1");
  const UniqueFd client = socket_away(AF_INET);
  ASSERT_EQ(connect_to(client, known.remote, AF_INET), EADDRNOTAVAIL);
  known.socket = cookie(client);
  known.local.address = known.remote.address;
  known.end_ns = monotonic_ns();
  stop();

  const auto [attempt, closed] = journal_.take<TcpAttempt, TcpClosed>(known.socket);
  expect_attempt(attempt, known);
  expect_closed(closed, known, attempt, nullptr, {}, {.old_state = kSynSent});
  EXPECT_EQ(closed.tuple.local.port, 0U);
}

}  // namespace
}  // namespace egresswatch::testing
