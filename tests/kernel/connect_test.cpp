// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
#include <sys/prctl.h>

#include <string>
#include <thread>

#include "harness/control_group.h"
#include "kernel/round_trip.h"

namespace egresswatch::testing {
namespace {

using ConnectTest = RoundTripTest;

struct Case {
  const char* name;
  int family;
  const char* address;
};

class EachFamily : public RoundTripTest, public ::testing::WithParamInterface<Case> {};

TEST_P(EachFamily, RoundTrip) {
  const auto& [name, family, address] = GetParam();
  const UniqueFd listener = listen_here(address);
  start();

  Known known = begin(family, local_endpoint(listener));
  UniqueFd client = make_socket(family, SOCK_STREAM);
  ASSERT_EQ(connect_to(client, known.remote, family), 0);
  converse(known, std::move(client), listener);

  expect_round_trip(known);
}

INSTANTIATE_TEST_SUITE_P(Connect, EachFamily,
                         ::testing::Values(Case{"ipv4", AF_INET, "127.0.0.1"}, Case{"ipv6", AF_INET6, "::1"},
                                           Case{"v4mapped", AF_INET6, "127.0.0.1"}),
                         [](const auto& one) { return one.param.name; });

TEST_F(ConnectTest, InAControlGroupOfItsOwn) {
  const ControlGroup group;
  const ControlGroup::Member member(group);
  const UniqueFd listener = listen_here("127.0.0.1");
  start();

  Known known = begin(AF_INET, local_endpoint(listener));
  UniqueFd client = make_socket(AF_INET, SOCK_STREAM);
  ASSERT_EQ(connect_to(client, known.remote, AF_INET), 0);
  converse(known, std::move(client), listener);

  wait_for<TcpAttempt>(known.socket);
  EXPECT_TRUE(journal_.has([&](const Event& event) {
    const auto* attempt = std::get_if<TcpAttempt>(&event);
    return attempt && attempt->process.cgroup_id == group.id();
  }));
  expect_round_trip(known);
}

TEST_F(ConnectTest, NonBlocking) {
  const UniqueFd listener = listen_here("127.0.0.1");
  start();

  Known known = begin(AF_INET, local_endpoint(listener));
  UniqueFd client = make_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
  ASSERT_EQ(connect_to(client, known.remote, AF_INET), EINPROGRESS);
  pollfd ready{client.get(), POLLOUT, 0};
  ASSERT_EQ(::poll(&ready, 1, 5000), 1);
  // as libraries do to learn the result
  ASSERT_EQ(connect_to(client, known.remote, AF_INET), 0);
  ASSERT_EQ(::fcntl(client.get(), F_SETFL, 0), 0);
  converse(known, std::move(client), listener);

  expect_round_trip(known);
}

TEST_F(ConnectTest, FromAWorkerThread) {
  const UniqueFd listener = listen_here("127.0.0.1");
  start();

  Known known = begin(AF_INET, local_endpoint(listener));
  UniqueFd client = make_socket(AF_INET, SOCK_STREAM);
  int error = -1;
  std::thread([&] {
    ::prctl(PR_SET_NAME, "worker");
    error = connect_to(client, known.remote, AF_INET);
  }).join();
  ASSERT_EQ(error, 0);
  converse(known, std::move(client), listener);

  // the name is that of the process, not "worker"
  expect_round_trip(known);
}

TEST_F(ConnectTest, InAnotherNetworkNamespace) {
  const NetworkNamespace away;
  journal_.own_namespace(away.inode());
  start();

  Known known;
  {
    const NetworkNamespace::Inside inside(away);
    const UniqueFd listener = listen_here("127.0.0.1");
    known = begin(AF_INET, local_endpoint(listener));
    UniqueFd client = make_socket(AF_INET, SOCK_STREAM);
    ASSERT_EQ(connect_to(client, known.remote, AF_INET), 0);
    converse(known, std::move(client), listener);
  }
  ASSERT_EQ(known.netns, away.inode());

  expect_round_trip(known);
}

// The socket's namespace counts, not that of the thread that connects.
TEST_F(ConnectTest, WithASocketFromAnotherNetworkNamespace) {
  const NetworkNamespace away;
  journal_.own_namespace(away.inode());
  start();

  UniqueFd listener, client;
  {
    const NetworkNamespace::Inside inside(away);
    listener = listen_here("127.0.0.1");
    client = make_socket(AF_INET, SOCK_STREAM);
  }
  Known known = begin(AF_INET, local_endpoint(listener));
  known.netns = away.inode();
  ASSERT_EQ(connect_to(client, known.remote, AF_INET), 0);
  converse(known, std::move(client), listener);

  expect_round_trip(known);
}

class IoUring {
 public:
  explicit IoUring(unsigned flags) { result_ = ::io_uring_queue_init(4, &ring_, flags); }
  ~IoUring() {
    if (result_ == 0) ::io_uring_queue_exit(&ring_);
  }
  IoUring(const IoUring&) = delete;
  IoUring& operator=(const IoUring&) = delete;

  [[nodiscard]] bool available() const { return result_ == 0; }

  // Returns a negative errno, 0 if it connected.
  int connect(const UniqueFd& fd, const Endpoint& to, unsigned flags) {
    SocketAddress address(to, AF_INET);
    io_uring_sqe* entry = ::io_uring_get_sqe(&ring_);
    ::io_uring_prep_connect(entry, fd.get(), address.get(), address.length);
    ::io_uring_sqe_set_flags(entry, flags);
    ::io_uring_submit(&ring_);
    io_uring_cqe* completion = nullptr;
    if (const int error = ::io_uring_wait_cqe(&ring_, &completion); error != 0) return error;
    const int result = completion->res;
    ::io_uring_cqe_seen(&ring_, completion);
    return result;
  }

 private:
  io_uring ring_{};
  int result_;
};

struct Submission {
  const char* name;
  unsigned setup;
  unsigned flags;
};

class ThroughIoUring : public RoundTripTest, public ::testing::WithParamInterface<Submission> {};

TEST_P(ThroughIoUring, RoundTrip) {
  IoUring ring(GetParam().setup);
  if (!ring.available()) GTEST_SKIP() << "this kernel refuses io_uring";
  const UniqueFd listener = listen_here("127.0.0.1");
  start();

  Known known = begin(AF_INET, local_endpoint(listener));
  UniqueFd client = make_socket(AF_INET, SOCK_STREAM);
  ASSERT_EQ(ring.connect(client, known.remote, GetParam().flags), 0);
  converse(known, std::move(client), listener);

  expect_round_trip(known);
}

// Inline in the calling thread, in a worker thread of the kernel, and in the thread that polls for submissions.
INSTANTIATE_TEST_SUITE_P(Connect, ThroughIoUring,
                         ::testing::Values(Submission{"inline", 0, 0}, Submission{"worker", 0, IOSQE_ASYNC},
                                           Submission{"poller", IORING_SETUP_SQPOLL, 0}),
                         [](const auto& one) { return one.param.name; });

TEST_F(ConnectTest, FastOpenWithDataInTheSyn) {
  const NetworkNamespace away;
  journal_.own_namespace(away.inode());
  // client, server, data without a cookie on both sides: ip-sysctl, tcp_fastopen
  away.sysctl("net/ipv4/tcp_fastopen", std::to_string(0x1 | 0x2 | 0x4 | 0x200));
  start();

  Known known;
  {
    const NetworkNamespace::Inside inside(away);
    const UniqueFd listener = listen_here("127.0.0.1");
    set_option(listener, IPPROTO_TCP, TCP_FASTOPEN, 5);
    known = begin(AF_INET, local_endpoint(listener));
    UniqueFd client = make_socket(AF_INET, SOCK_STREAM);
    const std::string request(kRequest, 'x');
    SocketAddress to(known.remote, AF_INET);
    send_ns_ = monotonic_ns();
    ASSERT_EQ(::sendto(client.get(), request.data(), request.size(), MSG_FASTOPEN, to.get(), to.length),
              static_cast<ssize_t>(kRequest));
    known.socket = cookie(client);
    known.local = local_endpoint(client);
    answer(known, std::move(client), accept_from(listener));
  }

  expect_round_trip(known);
}

}  // namespace
}  // namespace egresswatch::testing
