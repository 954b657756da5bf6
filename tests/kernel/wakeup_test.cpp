// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <thread>
#include <vector>

#include "kernel/round_trip.h"

// Wake-ups are the cost of such a daemon.
namespace egresswatch::testing {
namespace {

using namespace std::chrono_literals;

class WakeupTest : public RoundTripTest {
 protected:
  void SetUp() override {
    RoundTripTest::SetUp();
    if (IsSkipped()) return;
    reserved_ = make_socket(AF_INET, SOCK_STREAM);
    bind_to(reserved_, endpoint("127.0.0.1", 0), AF_INET);
  }

  // Handlers that ran within this time.
  std::size_t run_for(std::chrono::milliseconds time) { return io_.run_for(time); }

  UniqueFd reserved_;
};

// The rest of the host is not ours to silence: a span counts in which no record came.
TEST_F(WakeupTest, NothingRunsWhileNothingHappens) {
  start();
  run_for(200ms);
  for (int attempt = 0; attempt < 10; ++attempt) {
    const std::size_t before = journal_.records();
    const std::size_t handlers = run_for(3s);
    const std::size_t records = journal_.records() - before;
    if (records == 0) {
      EXPECT_EQ(handlers, 0U);
      return;
    }
    // each burst of records: a wake-up, its tick, and two that find nothing
    EXPECT_LE(handlers, 4 * records);
  }
  GTEST_SKIP() << "this host is never silent for three seconds";
}

// Asleep, woken by one record, asleep again: many times over, so that a wake-up that is lost now and then shows.
TEST_F(WakeupTest, OneEventWakesTheSleeper) {
  start();
  std::vector<double> delays_ms;
  for (int round = 0; round < 50; ++round) {
    // long enough for the reader to have gone to sleep
    run_for(25ms);
    const std::size_t before = journal_.records();
    std::thread connecting([&] {
      const UniqueFd client = make_socket(AF_INET, SOCK_STREAM);
      EXPECT_EQ(connect_to(client, local_endpoint(reserved_), AF_INET), ECONNREFUSED);
    });
    const std::uint64_t begin_ns = monotonic_ns();
    while (journal_.records() == before && monotonic_ns() < begin_ns + 1'000'000'000U) io_.run_one_for(1s);
    delays_ms.push_back(static_cast<double>(monotonic_ns() - begin_ns) / 1e6);
    connecting.join();
    // a machine that stood still has used up the second, but now the records are there, and the wake-up is with them
    if (journal_.records() == before) io_.run_one_for(1s);
    ASSERT_GT(journal_.records(), before) << "the wake-up was lost";
  }
  std::sort(delays_ms.begin(), delays_ms.end());
  RecordProperty("median_us", static_cast<int>(delays_ms[25] * 1000));
  RecordProperty("maximum_us", static_cast<int>(delays_ms.back() * 1000));
  // the machine may be busy, half of the time it is not
  EXPECT_LT(delays_ms[25], 20);
  stop();
  journal_.clear();
}

// Under load the timer reads, not a wake-up per record.
TEST_F(WakeupTest, ManyRecordsPerWakeup) {
  start();
  run_for(50ms);
  std::atomic<bool> done = false;
  std::thread connecting([&] {
    for (int i = 0; i < 5000; ++i) {
      const UniqueFd client = make_socket(AF_INET, SOCK_STREAM);
      EXPECT_EQ(connect_to(client, local_endpoint(reserved_), AF_INET), ECONNREFUSED);
    }
    done = true;
  });
  std::size_t handlers = 0;
  const std::uint64_t begin_ns = monotonic_ns();
  while (!done) handlers += run_for(10ms);
  const double seconds = static_cast<double>(monotonic_ns() - begin_ns) / 1e9;
  connecting.join();
  stop();
  EXPECT_EQ(journal_.sockets_of<TcpClosed>().size(), 5000U);
  RecordProperty("handlers_per_second", static_cast<int>(static_cast<double>(handlers) / seconds));
  RecordProperty("records_per_handler", static_cast<int>(journal_.records() / std::max<std::size_t>(handlers, 1)));
  // The tick is 8 ms: some 60 handlers for 15,000 records on a machine that has nothing else to do. One that is busy
  // reads later and more at once.
  EXPECT_LT(handlers * 20, journal_.records());
  journal_.clear();
}

}  // namespace
}  // namespace egresswatch::testing
