// SPDX-License-Identifier: Apache-2.0
// What is not over, and will probably fail; and what the kernel showed of it.
#include <cerrno>
#include <vector>

#include "harness/tls_wire.h"
#include "unit/app/pipeline_fixture.h"

namespace egresswatch::test {
namespace {

struct Pending {
  std::string service, host, unit;
  Stage stage;
  Cause cause;
  std::uint32_t syn_retransmits;
  std::uint64_t duration_ns;
};

class PendingTest : public PipelineTest {
 protected:
  PendingTest() { resolve(kVault, {"203.0.113.1"}); }

  std::vector<Pending> pending() {
    std::vector<Pending> found;
    pipeline().for_each_pending(now_, [&](const ConnectionReport& line) {
      EXPECT_EQ(line.verdict, Verdict::pending);
      found.push_back({std::string(line.service), std::string(line.host), std::string(line.unit), line.stage,
                       line.cause, line.syn_retransmits, line.duration_ns});
    });
    return found;
  }
  void repeat_syn(std::uint32_t count, std::uint64_t after_ns) {
    now_ += after_ns;
    feed(retransmit({}, now_, count));
  }
};

TEST_F(PendingTest, SynThatWasRepeatedTwice) {
  connect({});
  repeat_syn(1, kSecond);
  EXPECT_TRUE(pending().empty());
  repeat_syn(2, 2 * kSecond);
  const auto found = pending();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].service, "key_vault");
  EXPECT_EQ(found[0].host, kVault);
  EXPECT_EQ(found[0].unit, "sdk");
  EXPECT_EQ(found[0].stage, Stage::connect);
  EXPECT_EQ(found[0].cause, Cause::no_reply);
  EXPECT_EQ(found[0].syn_retransmits, 2U);
  EXPECT_EQ(found[0].duration_ns, 3 * kSecond);
  EXPECT_TRUE(sink_.connections().empty());
}

TEST_F(PendingTest, IsOverWithTheAnswerOrTheEnd) {
  connect({});
  repeat_syn(1, kSecond);
  repeat_syn(2, kSecond);
  establish({}, 2 * kSecond);
  EXPECT_TRUE(pending().empty());
  close({});
  EXPECT_TRUE(pending().empty());
}

TEST_F(PendingTest, HelloWithoutAnAnswer) {
  open({});
  feed(payload({}, now_, egresswatch::testing::client_hello(kVault)));
  now_ += kSecond - 1;
  EXPECT_TRUE(pending().empty());
  now_ += 1;
  ASSERT_EQ(pending().size(), 1U);
  EXPECT_EQ(pending()[0].cause, Cause::no_server_response);
  feed(retransmit({}, now_, 1, kEstablished));
  EXPECT_EQ(pending()[0].cause, Cause::hello_not_acked);
  feed(first_byte({}, now_, now_ - kSecond, "\x16\x03\x03"));
  EXPECT_TRUE(pending().empty());
}

// That a SYN had to be repeated says nothing of the hello.
TEST_F(PendingTest, HelloWithoutAnAnswerAfterARepeatedSyn) {
  connect({});
  repeat_syn(1, kSecond);
  establish({}, kSecond);
  feed(payload({}, now_, egresswatch::testing::client_hello(kVault)));
  now_ += kSecond;
  ASSERT_EQ(pending().size(), 1U);
  EXPECT_EQ(pending()[0].cause, Cause::no_server_response);
}

// As with a next hop that does not answer: the kernel counts only what it could send.
TEST_F(PendingTest, SynThatCouldNotBeSentAgain) {
  connect({});
  repeat_syn(0, kSecond);
  EXPECT_TRUE(pending().empty());
  repeat_syn(0, kSecond);
  ASSERT_EQ(pending().size(), 1U);
  EXPECT_EQ(pending()[0].cause, Cause::no_reply);
}

TEST_F(PendingTest, TimesOfTheSynsAreEvidence) {
  connect({});
  repeat_syn(1, kSecond);
  repeat_syn(2, 2 * kSecond);
  auto end = gave_up({}, now_, now_ - 3 * kSecond, 0);
  end.syn_retransmits = 2;
  feed(end);
  const Evidence& evidence = last_connection().evidence;
  EXPECT_EQ(last_connection().cause, Cause::abandoned);
  ASSERT_EQ(evidence.syn_time_count, 2U);
  EXPECT_EQ(evidence.syn_times_ms[0], 1000U);
  EXPECT_EQ(evidence.syn_times_ms[1], 3000U);
}

TEST_F(PendingTest, MoreSynsThanAreKept) {
  connect({});
  for (std::uint32_t i = 1; i <= 12; ++i) repeat_syn(i, kSecond);
  auto end = gave_up({}, now_, now_ - 12 * kSecond, ETIMEDOUT);
  end.syn_retransmits = 12;
  feed(end);
  EXPECT_EQ(last_connection().evidence.syn_time_count, Evidence::kMaxSynTimes);
  EXPECT_EQ(last_connection().syn_retransmits, 12U);
}

TEST_F(PendingTest, ReasonsOfDropsHaveTheNamesOfTheKernelThatMadeThem) {
  feed(drop_reason(8, "NETFILTER_DROP"));
  connect({});
  auto end = gave_up({}, now_, now_ - kSecond, ETIMEDOUT);
  end.dropped_out = 3;
  end.dropped_out_reason = 8;
  feed(end);
  EXPECT_EQ(failures("key_vault", kVault, Stage::connect, Cause::local_firewall), 1U);
  EXPECT_EQ(last_connection().evidence.drop_reason, "NETFILTER_DROP");
  EXPECT_EQ(last_connection().evidence.dropped_out, 3U);
}

TEST_F(PendingTest, ReasonWithoutANameIsNoFirewall) {
  connect({});
  auto end = gave_up({}, now_, now_ - kSecond, ETIMEDOUT);
  end.dropped_out = 3;
  end.dropped_out_reason = 99;
  feed(end);
  EXPECT_EQ(failures("key_vault", kVault, Stage::connect, Cause::no_reply), 1U);
}

}  // namespace
}  // namespace egresswatch::test
