// SPDX-License-Identifier: Apache-2.0
#include "app/health.h"

#include <algorithm>
#include <set>
#include <string>

#include "unit/app/pipeline_fixture.h"

namespace egresswatch::test {
namespace {

class LossySource final : public capture::Source {
 public:
  Result<> start(capture::RecordHandler&) override { return {}; }
  void stop() override {}
  void poll() override {}
  egw_totals totals() const override { return totals_; }
  const std::vector<capture::Probe>& probes() const override { return probes_; }
  bool resynchronise() override { return true; }

  egw_totals totals_{};
  std::vector<capture::Probe> probes_{{"tcp_state", true, {}}, {"route4", false, "no such tracepoint"}};
};

TEST(Completeness, CompleteAsLongAsNothingIsLost) {
  const LossySource source;
  app::Completeness completeness;
  EXPECT_FALSE(completeness.lost_something(source));
  EXPECT_TRUE(completeness.complete());
}

TEST(Completeness, IncompleteAfterALossUntilRestored) {
  LossySource source;
  app::Completeness completeness;
  source.totals_.lost[EGW_LOST_RING_FULL] = 1;
  EXPECT_TRUE(completeness.lost_something(source));
  EXPECT_FALSE(completeness.complete());
  EXPECT_FALSE(completeness.lost_something(source)) << "told once";
  EXPECT_FALSE(completeness.complete());
  completeness.restored();
  EXPECT_TRUE(completeness.complete());
}

TEST(Completeness, EveryFurtherLossCounts) {
  LossySource source;
  app::Completeness completeness;
  source.totals_.lost[EGW_LOST_RING_FULL] = 1;
  completeness.lost_something(source);
  completeness.restored();
  source.totals_.lost[EGW_LOST_SOCKET_TABLE_FULL] = 1;
  EXPECT_TRUE(completeness.lost_something(source));
  EXPECT_FALSE(completeness.complete());
}

// What is cut or left out by name does not change which connections are open.
TEST(Completeness, LossesThatChangeNothingAboutOpenSockets) {
  LossySource source;
  app::Completeness completeness;
  source.totals_.lost[EGW_LOST_FLOW_TABLE_FULL] = 1;
  source.totals_.lost[EGW_LOST_PAYLOAD_TRUNCATED] = 1;
  source.totals_.lost[EGW_LOST_PAYLOAD_UNREADABLE] = 1;
  EXPECT_FALSE(completeness.lost_something(source));
  EXPECT_TRUE(completeness.complete());
}

class DescribeTest : public PipelineTest {
 protected:
  publish::SelfMetrics describe() { return app::describe(pipeline(), source_, {}, {}); }
  static std::uint64_t lost(const publish::SelfMetrics& metrics, std::string_view reason) {
    const auto found = std::ranges::find(metrics.losses, reason, &publish::SelfMetrics::Loss::reason);
    if (found == metrics.losses.end()) ADD_FAILURE() << "no reason " << reason;
    return found == metrics.losses.end() ? 0 : found->count;
  }

  LossySource source_;
};

TEST_F(DescribeTest, LossesByReasonFromTheKernelAndFromTheBytes) {
  source_.totals_.lost[EGW_LOST_PAYLOAD_TRUNCATED] = 3;
  feed(Bytes(3));
  send_dns(Bytes(5), {.egress = false});
  answer(DnsWireBuilder::answer(kVault));
  auto gone = closed({}, now_, now_ - 2 * kMs, now_ - kMs);
  gone.old_state = kClose;
  feed(gone);
  const auto metrics = describe();
  EXPECT_EQ(lost(metrics, "payload_truncated"), 3U);
  EXPECT_EQ(lost(metrics, "record_short_header"), 1U);
  EXPECT_EQ(lost(metrics, "dns_short_header"), 1U);
  EXPECT_EQ(lost(metrics, "dns_unmatched"), 1U);
  EXPECT_EQ(lost(metrics, "end_unseen"), 1U);
  EXPECT_EQ(lost(metrics, "ring_full"), 0U);
}

TEST_F(DescribeTest, ReasonsAreDistinct) {
  const auto metrics = describe();
  std::set<std::string_view> reasons;
  for (const auto& loss : metrics.losses) EXPECT_TRUE(reasons.insert(loss.reason).second) << loss.reason;
}

TEST_F(DescribeTest, Probes) {
  const auto metrics = describe();
  ASSERT_EQ(metrics.probes.size(), 2U);
  EXPECT_TRUE(metrics.probes[0].attached);
  EXPECT_EQ(metrics.probes[1].name, "route4");
  EXPECT_FALSE(metrics.probes[1].attached);
}

TEST_F(DescribeTest, TablesAndWhatTheyLost) {
  options_.limits.sockets = 2;
  for (std::uint64_t id = 1; id <= 5; ++id) open({.id = id});
  const auto metrics = describe();
  const auto sockets = std::ranges::find(metrics.tables, "sockets", &publish::SelfMetrics::Table::name);
  ASSERT_NE(sockets, metrics.tables.end());
  EXPECT_EQ(sockets->entries, 2U);
  EXPECT_EQ(sockets->evictions, 3U);
}

}  // namespace
}  // namespace egresswatch::test
