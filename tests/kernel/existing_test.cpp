// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>
#include <sys/wait.h>

#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "capture/core_object.h"
#include "capture/existing_sockets.h"
#include "capture/ring.h"
#include "kernel/round_trip.h"

// Sockets that were open before the source started.
namespace egresswatch::testing {
namespace {

class ExistingTest : public RoundTripTest {
 protected:
  void SetUp() override {
    RoundTripTest::SetUp();
    if (!IsSkipped() && !kernel_has("bpf_get_socket_ptr_cookie"))
      GTEST_SKIP() << "this kernel knows sockets that existed by address, which a test cannot ask for";
  }

  static void expect_existing(const TcpExisting& event, const Known& known, std::uint64_t socket_inode,
                              std::uint32_t state) {
    EXPECT_GT(event.time_ns, known.begin_ns);
    EXPECT_LT(event.time_ns, known.end_ns);
    EXPECT_EQ(event.socket, known.socket);
    EXPECT_EQ(event.inode, socket_inode);
    EXPECT_EQ(event.netns, known.netns);
    EXPECT_EQ(event.uid, ::getuid());
    EXPECT_EQ(event.state, state);
    expect_tuple(event.tuple, known);
  }

  static void expect_existing_closed(const TcpClosed& event, const Known& known, const Traffic& traffic,
                                     const End& end) {
    EXPECT_GT(event.time_ns, known.begin_ns);
    EXPECT_LT(event.time_ns, known.end_ns);
    EXPECT_EQ(event.socket, known.socket);
    EXPECT_EQ(event.netns, known.netns);
    EXPECT_EQ(event.attempt_ns, 0U);
    EXPECT_EQ(event.established_ns, 0U);
    EXPECT_EQ(event.bytes_sent, traffic.sent);
    EXPECT_EQ(event.bytes_acked, traffic.acked);
    EXPECT_EQ(event.bytes_received, traffic.received);
    EXPECT_EQ(event.retransmits, 0U);
    // on an emulated machine a SYN may wait for a second
    if (end.old_state == kSynSent)
      EXPECT_GE(event.syn_retransmits, end.syn_retransmits);
    else
      EXPECT_EQ(event.syn_retransmits, end.syn_retransmits);
    EXPECT_EQ(event.srtt_us == 0, end.old_state == kSynSent);
    EXPECT_EQ(event.error, end.error);
    EXPECT_EQ(event.error_soft, 0);
    EXPECT_EQ(event.rst_received, end.rst_received);
    EXPECT_TRUE(event.existed_at_start);
    EXPECT_EQ(event.old_state, end.old_state);
    expect_tuple(event.tuple, known);
  }

  // Of a connection that is being made: loading the programs and one command take longer than the second after which
  // the SYN is sent again, where the machine is emulated.
  std::uint32_t take_syn_retransmits(const Known& known) {
    const auto all = journal_.take_each<TcpRetransmit>(known.socket);
    for (const TcpRetransmit& again : all) {
      EXPECT_GT(again.time_ns, known.begin_ns);
      EXPECT_LT(again.time_ns, monotonic_ns());
      EXPECT_EQ(again.state, kSynSent);
      EXPECT_EQ(again.idle_ns, 0U);
    }
    return static_cast<std::uint32_t>(all.size());
  }
};

struct Case {
  const char* name;
  int family;
  const char* address;
};

class EachFamily : public ExistingTest, public ::testing::WithParamInterface<Case> {};

// One connection with both ends on this host: the client's end is found, the accepted one and the listener are not.
TEST_P(EachFamily, FoundAndFollowedUntilItCloses) {
  const auto& [name, family, address] = GetParam();
  const UniqueFd listener = listen_here(address);
  Known known = begin(family, local_endpoint(listener));
  UniqueFd client = make_socket(family, SOCK_STREAM);
  ASSERT_EQ(connect_to(client, known.remote, family), 0);
  UniqueFd server = accept_from(listener);
  send_all(client, kRequest);
  receive_all(server, kRequest);
  known.local = local_endpoint(client);
  const std::uint64_t client_inode = inode(client);

  start();
  known.socket = cookie(client);
  send_all(client, kRequest);
  receive_all(server, kRequest);
  send_all(server, kAnswer);
  receive_all(client, kAnswer);
  server.reset();
  expect_end_of_stream(client);
  client.reset();
  wait_for<TcpClosed>(known.socket);
  known.end_ns = monotonic_ns();
  stop();

  // the first answer is seen, when the first request left is not known
  const auto [existing, first_byte, closed] = journal_.take<TcpExisting, TcpFirstByte, TcpClosed>(known.socket);
  expect_existing(existing, known, client_inode, kEstablished);
  EXPECT_EQ(first_byte.sent_ns, 0U);
  EXPECT_GT(first_byte.time_ns, existing.time_ns);
  expect_existing_closed(closed, known, {2 * kRequest, 2 * kRequest + 2, kAnswer + 1}, {.old_state = kLastAck});
}

INSTANTIATE_TEST_SUITE_P(Existing, EachFamily,
                         ::testing::Values(Case{"ipv4", AF_INET, "127.0.0.1"}, Case{"ipv6", AF_INET6, "::1"},
                                           Case{"v4mapped", AF_INET6, "127.0.0.1"}),
                         [](const auto& one) { return one.param.name; });

TEST_F(ExistingTest, ResetAfterTheStart) {
  const UniqueFd listener = listen_here("127.0.0.1");
  Known known = begin(AF_INET, local_endpoint(listener));
  const UniqueFd client = make_socket(AF_INET, SOCK_STREAM);
  ASSERT_EQ(connect_to(client, known.remote, AF_INET), 0);
  UniqueFd server = accept_from(listener);
  known.local = local_endpoint(client);
  start();
  known.socket = cookie(client);
  reset_on_close(server);
  server.reset();
  known.end_ns = monotonic_ns();
  stop();

  const auto [existing, closed] = journal_.take<TcpExisting, TcpClosed>(known.socket);
  expect_existing(existing, known, inode(client), kEstablished);
  expect_existing_closed(closed, known, {0, 1, 0},
                         {.old_state = kEstablished, .error = ECONNRESET, .rst_received = true});
}

// In a namespace that a process is in. The connection is still being made.
TEST_F(ExistingTest, InTheNamespaceOfAnotherProcess) {
  const NetworkNamespace away;
  if (!away.add_silent_network()) GTEST_SKIP() << "this kernel has no veth";
  journal_.own_namespace(away.inode());
  Known known = begin(AF_INET, endpoint("192.0.2.9", 443));
  known.netns = away.inode();
  UniqueFd client;
  {
    const NetworkNamespace::Inside inside(away);
    client = make_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
    ASSERT_EQ(connect_to(client, known.remote, AF_INET), EINPROGRESS);
  }
  known.local = local_endpoint(client);
  int alive[2];
  ASSERT_EQ(::pipe2(alive, O_CLOEXEC), 0);
  UniqueFd child_end(alive[0]), our_end(alive[1]);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    our_end.reset();
    const NetworkNamespace::Inside inside(away);
    client.reset();
    char byte;
    // until the parent closes its end
    (void)!::read(child_end.get(), &byte, 1);
    ::_exit(0);
  }
  child_end.reset();
  wait_until([&] {
    struct stat status {};
    const std::string path = "/proc/" + std::to_string(child) + "/ns/net";
    return ::stat(path.c_str(), &status) == 0 && status.st_ino == away.inode();
  });

  start();
  known.socket = cookie(client);
  const std::uint64_t client_inode = inode(client);
  client.reset();
  known.end_ns = monotonic_ns();
  stop();
  our_end.reset();
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);

  const std::uint32_t told = take_syn_retransmits(known);
  const auto [existing, closed] = journal_.take<TcpExisting, TcpClosed>(known.socket);
  expect_existing(existing, known, client_inode, kSynSent);
  expect_existing_closed(closed, known, {}, {.old_state = kSynSent, .syn_retransmits = told});
}

// In a namespace with a name (ip-netns(8)), in which no process is.
TEST_F(ExistingTest, InANamedNamespace) {
  const NetworkNamespace away;
  if (!away.add_silent_network()) GTEST_SKIP() << "this kernel has no veth";
  journal_.own_namespace(away.inode());
  const std::string name = "egresswatch-test-" + std::to_string(::getpid());
  {
    const NetworkNamespace::Inside inside(away);
    ASSERT_EQ(std::system(("ip netns attach " + name + " $$").c_str()), 0);
  }
  Known known = begin(AF_INET, endpoint("192.0.2.9", 443));
  known.netns = away.inode();
  UniqueFd client;
  {
    const NetworkNamespace::Inside inside(away);
    client = make_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
    ASSERT_EQ(connect_to(client, known.remote, AF_INET), EINPROGRESS);
  }
  known.local = local_endpoint(client);
  start();
  ASSERT_EQ(std::system(("ip netns delete " + name).c_str()), 0);
  known.socket = cookie(client);
  known.end_ns = monotonic_ns();
  stop();

  (void)take_syn_retransmits(known);
  const auto [existing] = journal_.take<TcpExisting>(known.socket);
  expect_existing(existing, known, inode(client), kSynSent);
  // the iteration went through every namespace and came back
  EXPECT_EQ(namespace_inode(current_network_namespace()), begin(AF_INET, known.remote).netns);
}

// Opened between the attach and the iteration: seen by both, followed once, with what connect() told.
TEST_F(ExistingTest, OpenedWhileTheSourceStarts) {
  const UniqueFd listener = listen_here("127.0.0.1");
  auto object = capture::CoreObject::load({.ring_bytes = 1 << 24, .sockets = 65536, .flows = 1024});
  ASSERT_TRUE(object) << object.error().message;
  auto ring = capture::Ring::make(io_, (*object)->ring_fd(), (*object)->shared(), journal_);
  ASSERT_TRUE(ring) << ring.error().message;
  ASSERT_TRUE((*object)->attach());

  Known known = begin(AF_INET, local_endpoint(listener));
  UniqueFd client = make_socket(AF_INET, SOCK_STREAM);
  ASSERT_EQ(connect_to(client, known.remote, AF_INET), 0);
  UniqueFd server = accept_from(listener);
  known.socket = cookie(client);
  known.local = local_endpoint(client);
  const std::uint64_t client_inode = inode(client);
  ASSERT_TRUE(capture::deliver_existing_sockets(**object, journal_));
  server.reset();
  expect_end_of_stream(client);
  client.reset();
  known.end_ns = monotonic_ns();
  (*object)->detach();
  (*ring)->drain_all();

  const auto [existing, attempt, established, closed] =
      journal_.take<TcpExisting, TcpAttempt, TcpEstablished, TcpClosed>(known.socket);
  expect_existing(existing, known, client_inode, kEstablished);
  expect_attempt(attempt, known);
  expect_established(established, known, attempt);
  // existed_at_start is not set
  expect_closed(closed, known, attempt, &established, {0, 2, 1}, {.old_state = kLastAck});
}

// Many close while the sockets are being read: what is told open is told closed too, or the daemon would count it as
// open for ever.
TEST_F(ExistingTest, ClosedWhileTheSourceStarts) {
  constexpr std::size_t kCount = 4000;
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = files.rlim_max;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  if (files.rlim_cur < kCount + 100) GTEST_SKIP() << "too few files may be open";

  const NetworkNamespace away;
  const NetworkNamespace::Inside inside(away);
  journal_.own_namespace(away.inode());
  const UniqueFd listener = listen_at(endpoint("127.0.0.1", 0));
  ASSERT_EQ(::listen(listener.get(), 4096), 0);
  std::vector<UniqueFd> clients(kCount);
  for (UniqueFd& client : clients) {
    client = make_socket(AF_INET, SOCK_STREAM);
    ASSERT_EQ(connect_to(client, local_endpoint(listener), AF_INET), 0);
    reset_on_close(client);
  }

  auto object = capture::CoreObject::load({.ring_bytes = 1 << 24, .sockets = 65536, .flows = 1024});
  ASSERT_TRUE(object) << object.error().message;
  auto ring = capture::Ring::make(io_, (*object)->ring_fd(), (*object)->shared(), journal_);
  ASSERT_TRUE(ring) << ring.error().message;
  ASSERT_TRUE((*object)->attach());
  std::thread closing([&] {
    for (UniqueFd& client : clients) client.reset();
  });
  const bool worked = capture::deliver_existing_sockets(**object, journal_);
  closing.join();
  EXPECT_TRUE(worked);
  (*object)->detach();
  (*ring)->drain_all();

  const auto told_open = journal_.sockets_of<TcpExisting>();
  const auto told_closed = journal_.sockets_of<TcpClosed>();
  EXPECT_FALSE(told_open.empty());
  EXPECT_EQ(told_closed.size(), told_open.size());
  EXPECT_EQ(std::set(told_closed.begin(), told_closed.end()), std::set(told_open.begin(), told_open.end()));
  journal_.clear();
}

// After a loss the daemon asks again: what it follows is told by the table of the programs, which holds neither inode
// nor local address, and stays as it is.
TEST_F(ExistingTest, ToldAgainOnRequest) {
  const UniqueFd listener = listen_here("127.0.0.1");
  start();
  Known known = begin(AF_INET, local_endpoint(listener));
  auto [client, server] = connect_pair(known, listener);
  source_->poll();
  ASSERT_TRUE(source_->resynchronise());
  server.reset();
  expect_end_of_stream(client);
  client.reset();
  wait_for<TcpClosed>(known.socket);
  known.end_ns = monotonic_ns();
  stop();

  const auto [attempt, established, existing, closed] =
      journal_.take<TcpAttempt, TcpEstablished, TcpExisting, TcpClosed>(known.socket);
  expect_attempt(attempt, known);
  expect_established(established, known, attempt);
  Known followed = known;
  followed.local = {};
  expect_existing(existing, followed, 0, kEstablished);
  expect_closed(closed, known, attempt, &established, {0, 2, 1}, {.old_state = kLastAck});
  EXPECT_FALSE(source_->resynchronise()) << "after stop()";
}

}  // namespace
}  // namespace egresswatch::testing
