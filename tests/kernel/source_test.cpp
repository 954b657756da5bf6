// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sched.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "capture/features.h"
#include "kernel/round_trip.h"

// How a source begins and ends.
namespace egresswatch::testing {
namespace {

using namespace std::chrono_literals;

// A mount namespace of the test's own, left at the end.
class OtherMounts {
 public:
  OtherMounts() : home_(::open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC)) {
    require(::unshare(CLONE_NEWNS) == 0, "unshare");
    require(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "mount");
  }
  ~OtherMounts() {
    if (::setns(home_.get(), CLONE_NEWNS) != 0) std::abort();
  }
  OtherMounts(const OtherMounts&) = delete;
  OtherMounts& operator=(const OtherMounts&) = delete;

 private:
  UniqueFd home_;
};

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
  EXPECT_EQ(journal_.take_each<Flow>(cookie(fd)).size(), 1U);
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

// In a mount namespace without cgroup v2: what needs it is left out and says why, connections are told all the same.
TEST_F(SourceTest, WithoutCgroup2) {
  if (!kernel_has("bpf_get_socket_ptr_cookie")) GTEST_SKIP() << "this kernel then knows sockets by address";
  auto other = std::make_unique<OtherMounts>();
  for (std::string there; !(there = capture::find_cgroup2()).empty();)
    ASSERT_EQ(::umount2(there.c_str(), MNT_DETACH), 0) << there;

  const UniqueFd listener = listen_here("127.0.0.1");
  auto source = capture::KernelSource::make(io_, {.ring_bytes = 1 << 24});
  ASSERT_TRUE(source) << source.error().message;
  source_ = std::move(*source);
  ASSERT_TRUE(source_->start(journal_));
  for (const capture::Probe& probe : source_->probes()) {
    const bool needs_cgroup = probe.name.starts_with("connect") || probe.name.starts_with("sendmsg") ||
                              probe.name == "packet_out" || probe.name == "packet_in" ||
                              probe.name.starts_with("sock_");
    if (needs_cgroup) {
      EXPECT_FALSE(probe.attached) << probe.name;
    }
    EXPECT_EQ(probe.reason.find("cgroup v2 is not mounted") != std::string::npos, needs_cgroup) << probe.name;
  }
  Known known = begin(AF_INET, local_endpoint(listener));
  UniqueFd client = make_socket(AF_INET, SOCK_STREAM);
  ASSERT_EQ(connect_to(client, known.remote, AF_INET), 0);
  converse(known, std::move(client), listener);
  wait_for<TcpClosed>(known.socket);
  stop();
  other.reset();

  const auto [attempt, established, closed] = journal_.take<TcpAttempt, TcpEstablished, TcpClosed>(known.socket);
  expect_attempt(attempt, known);
  expect_established(established, known, attempt);
  expect_closed(closed, known, attempt, &established, {kRequest, kRequest + 2, kAnswer + 1}, {.old_state = kFinWait2});
}

TEST_F(SourceTest, WithoutCapabilities) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const cap_t some = cap_get_proc();
    const cap_value_t dropped[] = {CAP_BPF, CAP_NET_ADMIN};
    cap_set_flag(some, CAP_EFFECTIVE, 2, dropped, CAP_CLEAR);
    cap_set_proc(some);
    cap_free(some);
    const auto source = capture::KernelSource::make(io_, {});
    const bool told = !source && source.error().code == EPERM &&
                      source.error().message.find("CAP_BPF, CAP_NET_ADMIN") != std::string::npos;
    ::_exit(told ? 0 : 1);
  }
  int status = 1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(SourceTest, ProbesHaveNames) {
  start();
  std::vector<std::string> names;
  for (const capture::Probe& probe : source_->probes()) names.push_back(probe.name);
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("tcp_state", "tcp_state_in_interrupt", "tcp_reset", "icmp_error",
                                                     "connect4", "connect6", "sendmsg4", "sendmsg6", "sock_create",
                                                     "tcp_destroyed", "route4", "route6", "packet_out", "packet_in",
                                                     "existing", "tcp_retransmit", "packet_dropped", "getaddrinfo"));
}

}  // namespace
}  // namespace egresswatch::testing
