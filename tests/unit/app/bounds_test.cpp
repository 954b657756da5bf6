// SPDX-License-Identifier: Apache-2.0
// More connections at once than the table holds.
#include <cerrno>

#include "unit/app/pipeline_fixture.h"

namespace egresswatch::test {
namespace {

class BoundsTest : public PipelineTest {
 protected:
  BoundsTest() { options_.limits.sockets = 4; }
};

TEST_F(BoundsTest, EvictedConnectionsLeaveTheGauge) {
  for (std::uint64_t id = 1; id <= 10; ++id, now_ += kSecond) open({.id = id});
  EXPECT_EQ(totals(), (Totals{.attempts = 10, .established = 10, .open = 4}));
  EXPECT_EQ(pipeline().connections().table().evictions(), 6U);
}

TEST_F(BoundsTest, EndOfAnEvictedConnectionCountsNothingTwice) {
  for (std::uint64_t id = 1; id <= 10; ++id, now_ += kSecond) open({.id = id});
  for (std::uint64_t id = 1; id <= 10; ++id) {
    const std::uint64_t began = 1'000 * kSecond + (id - 1) * kSecond;
    feed(closed({.id = id}, now_, began, began + kMs));
  }
  EXPECT_EQ(totals(), (Totals{.attempts = 10, .established = 10}));
}

TEST_F(BoundsTest, SuccessOfAnEvictedAttemptCountsTheAttemptOnce) {
  for (std::uint64_t id = 1; id <= 10; ++id, now_ += kMs) connect({.id = id});
  const std::uint64_t began = 1'000 * kSecond;
  feed(established({.id = 1}, now_, now_ - began));
  EXPECT_EQ(totals(), (Totals{.attempts = 10, .established = 1, .open = 1}));
}

TEST_F(BoundsTest, FailureOfAnEvictedAttemptIsStillAFailure) {
  for (std::uint64_t id = 1; id <= 10; ++id, now_ += kMs) connect({.id = id});
  feed(gave_up({.id = 1}, now_, 1'000 * kSecond, ECONNREFUSED));
  EXPECT_EQ(totals(), (Totals{.attempts = 10, .failed = 1}));
}

TEST_F(BoundsTest, BytesOfAnEvictedConnectionAreCounted) {
  for (std::uint64_t id = 1; id <= 10; ++id, now_ += kSecond) open({.id = id});
  auto end = closed({.id = 1}, now_, 1'000 * kSecond, 1'000 * kSecond + kMs);
  end.bytes_sent = 123;
  feed(end);
  const account::Snapshot now = snapshot();
  EXPECT_EQ(account::find_traffic(now, "other", "other")->sent_bytes, 123U);
}

TEST_F(BoundsTest, EvictedConnectionLetsGoOfItsName) {
  resolve(kVault, {"203.0.113.9"});
  open({.id = 1, .remote = "203.0.113.9"});
  for (std::uint64_t id = 2; id <= 6; ++id) open({.id = id});
  now_ += 3600 * kSecond;
  connect({.id = 7, .remote = "203.0.113.9"});
  EXPECT_EQ(attempts("key_vault", kVault), 1U);
}

}  // namespace
}  // namespace egresswatch::test
