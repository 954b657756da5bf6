// SPDX-License-Identifier: Apache-2.0
#include "history/collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "harness/count_allocations.h"
#include "history_fixture.h"

namespace egresswatch::history {
namespace {

using egresswatch::testing::g_allocations;

class CollectorTest : public ::testing::Test {
 protected:
  // The only row.
  const UseRow& row() const {
    EXPECT_EQ(collector_.batch().uses.size(), 1U);
    return collector_.batch().uses.rows().front();
  }
  std::uint64_t attempts_of(std::string_view unit) const {
    std::uint64_t attempts = 0;
    for (const UseRow& use : collector_.batch().uses.rows())
      if (use.sum.unit == unit) attempts += use.sum.attempts;
    return attempts;
  }

  Collector collector_;
};

TEST_F(CollectorTest, EveryMemberOfARowIsThatOfTheReport) {
  ConnectionReport report = sample_failure();
  report.unexpected = Unexpected::wrong_port;
  collector_.note(report);
  const Observation& sum = row().sum;
  EXPECT_EQ(row().hour, kNow / kHourNs);
  EXPECT_EQ(row().last_failure_ns, kNow);
  EXPECT_EQ(sum.service, "key_vault");
  EXPECT_EQ(sum.function, Function::vault_operations);
  EXPECT_EQ(sum.host, kVault);
  EXPECT_EQ(sum.protocol, Protocol::tcp);
  EXPECT_EQ(sum.port, 443);
  EXPECT_EQ(sum.unit, "sync.service");
  EXPECT_EQ(sum.unexpected, Unexpected::wrong_port);
  EXPECT_EQ(sum.attempts, 1U);
  EXPECT_EQ(sum.established, 0U);
  EXPECT_EQ(sum.failed, 1U);
  EXPECT_EQ(sum.last_stage, Stage::connect);
  EXPECT_EQ(sum.last_cause, Cause::no_reply);
  EXPECT_EQ(sum.first_seen_ns, kNow);
  EXPECT_EQ(sum.last_seen_ns, kNow);
  ASSERT_EQ(collector_.batch().addresses.size(), 1U);
  const AddressRow& address = collector_.batch().addresses.rows().front();
  EXPECT_EQ(address.day, kNow / kDayNs);
  EXPECT_EQ(address.service, "key_vault");
  EXPECT_EQ(address.host, kVault);
  ASSERT_EQ(address.seen.size(), 1U);
  EXPECT_EQ(address.seen[0].address, IpAddress::v4(20, 1, 2, 3));
  EXPECT_EQ(address.seen[0].last_seen_ns, kNow);
}

TEST_F(CollectorTest, AConnectionThatDiesLaterIsOneAttempt) {
  collector_.note(sample_connection());
  ConnectionReport reset = sample_failure(Stage::data, Cause::reset);
  reset.wall_time_ns += kSecondNs;
  collector_.note(reset);
  EXPECT_EQ(row().sum.attempts, 1U);
  EXPECT_EQ(row().sum.established, 1U);
  EXPECT_EQ(row().sum.failed, 1U);
  EXPECT_EQ(row().sum.last_cause, Cause::reset);
  EXPECT_EQ(row().sum.first_seen_ns, kNow);
  EXPECT_EQ(row().sum.last_seen_ns, kNow + kSecondNs);
}

TEST_F(CollectorTest, WhatWasCancelledIsAnAttemptOnlyIfItWasNotToldBefore) {
  ConnectionReport early = sample_connection();
  early.verdict = Verdict::cancelled;
  early.cause = Cause::cancelled;
  early.connect_latency_ns = 0;
  collector_.note(early);
  EXPECT_EQ(row().sum.attempts, 1U);
  ConnectionReport late = early;
  late.connect_latency_ns = 1;
  collector_.note(late);
  EXPECT_EQ(row().sum.attempts, 1U);
  EXPECT_EQ(row().sum.established, 0U);
  EXPECT_EQ(row().sum.failed, 0U);
  EXPECT_EQ(row().sum.last_cause, Cause::none);
}

TEST_F(CollectorTest, AnEndWithoutErrorShowsUseAndCountsNothing) {
  ConnectionReport closed = sample_connection();
  closed.verdict = Verdict::closed;
  collector_.note(closed);
  EXPECT_EQ(row().sum.attempts, 0U);
  EXPECT_EQ(row().sum.established, 0U);
  EXPECT_EQ(row().sum.last_seen_ns, kNow);
}

TEST_F(CollectorTest, WhatIsPendingIsNoOutcome) {
  ConnectionReport pending = sample_failure();
  pending.verdict = Verdict::pending;
  collector_.note(pending);
  EXPECT_EQ(collector_.batch().size(), 0U);
}

TEST_F(CollectorTest, AFlowIsAnAttemptOfItsProtocol) {
  collector_.note(sample_flow());
  EXPECT_EQ(row().sum.protocol, Protocol::udp);
  EXPECT_EQ(row().sum.port, 123);
  EXPECT_EQ(row().sum.host, "time.example");
  EXPECT_EQ(row().sum.unit, "chronyd.service");
  EXPECT_EQ(row().sum.unexpected, Unexpected::not_in_policy);
  EXPECT_EQ(row().sum.function, Function::none);
  EXPECT_EQ(row().sum.attempts, 1U);
  EXPECT_EQ(row().sum.established, 0U);
  EXPECT_EQ(row().sum.failed, 0U);
}

TEST_F(CollectorTest, ABuiltInServiceHasItsFunctionWithoutBeingTold) {
  ConnectionReport report = sample_connection();
  report.function = Function::none;
  report.service = "entra";
  collector_.note(report);
  EXPECT_EQ(row().sum.function, Function::authentication);
}

TEST_F(CollectorTest, AnOlderFailureThatIsToldLateIsNotTheLastOne) {
  collector_.note(sample_failure(Stage::connect, Cause::refused));
  ConnectionReport older = sample_failure(Stage::connect, Cause::no_reply);
  older.wall_time_ns -= kSecondNs;
  collector_.note(older);
  EXPECT_EQ(row().sum.failed, 2U);
  EXPECT_EQ(row().sum.last_cause, Cause::refused);
  EXPECT_EQ(row().sum.first_seen_ns, kNow - kSecondNs);
  EXPECT_EQ(row().sum.last_seen_ns, kNow);
}

TEST_F(CollectorTest, NamesAreMadeCleanAndShort) {
  ConnectionReport report = sample_connection();
  const std::string unit(300, 'u');
  report.host = "a\nb\xff";
  report.unit = unit;
  collector_.note(report);
  EXPECT_EQ(row().sum.host,
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
  EXPECT_EQ(row().sum.unit, std::string(255, 'u'));
}

TEST_F(CollectorTest, OfTheAddressesTheNewestStay) {
  ConnectionReport report = sample_connection();
  for (std::uint8_t i = 0; i < 70; ++i) {
    report.wall_time_ns = kNow + i;
    report.remote.address = IpAddress::v4(20, 0, 0, i);
    collector_.note(report);
  }
  ASSERT_EQ(collector_.batch().addresses.size(), 1U);
  std::set<IpAddress> seen;
  for (const auto& address : collector_.batch().addresses.rows().front().seen) seen.insert(address.address);
  EXPECT_EQ(seen.size(), 64U);
  EXPECT_FALSE(seen.contains(IpAddress::v4(20, 0, 0, 5)));
  EXPECT_TRUE(seen.contains(IpAddress::v4(20, 0, 0, 6)));
}

TEST_F(CollectorTest, AMillionHostsOfOneUnitTakeItsOwnShare) {
  ConnectionReport flood = sample_connection();
  flood.service = "other";
  flood.unit = "flood.service";
  for (int i = 0; i < 1'000'000; ++i) {
    const std::string host = "h" + std::to_string(i) + ".example";
    flood.host = host;
    flood.remote.port = static_cast<std::uint16_t>(i);
    collector_.note(flood);
  }
  // a port of its own for some, none for the rest
  EXPECT_EQ(collector_.batch().uses.size(), Collector::kDestinationsPerUnit + Collector::kPortsPerUnit + 1);
  EXPECT_EQ(attempts_of("flood.service"), 1'000'000U);
  EXPECT_EQ(collector_.refused(), 0U);
  EXPECT_EQ(collector_.batch().addresses.size(), Collector::kDestinationsPerUnit + 1);

  // neither another unit nor the vaults of this one have lost anything
  ConnectionReport other = sample_connection();
  other.service = "other";
  other.host = "quiet.example";
  other.unit = "quiet.service";
  collector_.note(other);
  const std::size_t before = collector_.batch().uses.size();
  ConnectionReport vault = sample_connection();
  vault.unit = "flood.service";
  collector_.note(vault);
  EXPECT_EQ(collector_.batch().uses.size(), before + 1);
  EXPECT_EQ(collector_.batch().uses.rows().back().sum.host, kVault);
  EXPECT_EQ(collector_.batch().uses.rows()[before - 1].sum.host, "quiet.example");

  // the next hour begins anew
  flood.host = "late.example";
  flood.wall_time_ns += kHourNs;
  collector_.note(flood);
  EXPECT_EQ(collector_.batch().uses.rows().back().sum.host, "late.example");
}

TEST_F(CollectorTest, AFullTableRefusesAndCounts) {
  ConnectionReport report = sample_connection();
  report.service = "other";
  for (int unit = 0; unit < 40; ++unit) {
    const std::string name = "u" + std::to_string(unit);
    report.unit = name;
    for (int i = 0; i < 1'000; ++i) {
      const std::string host = "h" + std::to_string(i) + "." + name;
      report.host = host;
      collector_.note(report);
    }
  }
  EXPECT_EQ(collector_.batch().uses.size(), Collector::kRows);
  EXPECT_EQ(collector_.refused(), 20'000U);
}

TEST_F(CollectorTest, NothingIsAllocatedForWhatIsKnown) {
  Batch empty{Collector::kRows};
  const ConnectionReport report = sample_connection();
  const ConnectionReport failure = sample_failure();
  const FlowReport flow = sample_flow();
  const auto note_all = [&] {
    collector_.note(report);
    collector_.note(failure);
    collector_.note(flow);
  };
  // both batches, which take turns, have seen it
  for (int round = 0; round < 2; ++round) {
    note_all();
    collector_.swap(empty);
    empty.clear();
  }
  const std::size_t before = g_allocations;
  for (int i = 0; i < 100; ++i) note_all();
  collector_.swap(empty);
  empty.clear();
  note_all();
  EXPECT_EQ(g_allocations, before);
}

}  // namespace
}  // namespace egresswatch::history
