// SPDX-License-Identifier: Apache-2.0
// What happens when strangers cause more series than there may be.
#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <string>

#include "account/ledger.h"
#include "ledger_fixture.h"

namespace egresswatch::account {
namespace {

std::string stranger(int i) { return "v" + std::to_string(i) + ".vault.azure.net"; }

TEST(LedgerBounds, HostsBeyondTheLimitOfAServiceAreOtherAndKeepTheirUnit) {
  Ledger ledger = make_ledger({.series_per_metric = 100, .hosts_per_service = 3});
  for (int i = 0; i < 5; ++i) ledger.attempt(ledger.connection_series("key_vault", stranger(i), "u"));
  EXPECT_EQ(attempts(ledger, "key_vault", stranger(2), "u"), 1);
  EXPECT_EQ(attempts(ledger, "key_vault", stranger(3), "u"), 0);
  EXPECT_EQ(attempts(ledger, "key_vault", "other", "u"), 2);
  EXPECT_EQ(ledger.snapshot().overflow.connections, 2);
}

TEST(LedgerBounds, AHostThatCameInTimeStaysExactWhenOthersOverflow) {
  Ledger ledger = make_ledger({.series_per_metric = 100, .hosts_per_service = 1});
  for (int i = 0; i < 5; ++i) ledger.attempt(ledger.connection_series("key_vault", stranger(i), "u"));
  ledger.attempt(ledger.connection_series("key_vault", stranger(0), "u"));
  EXPECT_EQ(attempts(ledger, "key_vault", stranger(0), "u"), 2);
}

TEST(LedgerBounds, OneServiceCannotTakeTheHostsOfAnother) {
  Ledger ledger = make_ledger({.series_per_metric = 100, .hosts_per_service = 3});
  for (int i = 0; i < 50; ++i) ledger.attempt(ledger.connection_series("key_vault", stranger(i), "u"));
  ledger.attempt(ledger.connection_series("entra", "login.microsoftonline.com", "u"));
  EXPECT_EQ(attempts(ledger, "entra", "login.microsoftonline.com", "u"), 1);
}

TEST(LedgerBounds, SeriesBeyondTheLimitGoToTheOtherOfTheService) {
  Ledger ledger = make_ledger({.series_per_metric = 2, .hosts_per_service = 10});
  for (const char* unit : {"a", "b", "c", "d"})
    ledger.attempt(ledger.connection_series("key_vault", stranger(0), unit));
  EXPECT_EQ(attempts(ledger, "key_vault", "other", "other"), 2);
  EXPECT_EQ(ledger.snapshot().overflow.connections, 2);
}

TEST(LedgerBounds, AReservedHostSurvivesAFloodOfStrangers) {
  Ledger ledger = make_ledger({.series_per_metric = 5, .hosts_per_service = 5});
  ledger.reserve_host("key_vault", "prod.vault.azure.net");
  for (int i = 0; i < 100; ++i) ledger.attempt(ledger.connection_series("key_vault", stranger(i), "flood"));
  ledger.attempt(ledger.connection_series("key_vault", "prod.vault.azure.net", "sync.service"));
  EXPECT_EQ(attempts(ledger, "key_vault", "prod.vault.azure.net", "other"), 1);
}

TEST(LedgerBounds, TotalsStayExactUnderOverflow) {
  Ledger ledger = make_ledger({.series_per_metric = 7, .hosts_per_service = 3});
  ledger.reserve_host("entra", "login.microsoftonline.com");
  constexpr std::uint64_t kConnections = 1000;
  for (std::uint64_t i = 0; i < kConnections; ++i) {
    const SeriesId id = ledger.connection_series(i % 3 == 0 ? "key_vault" : "entra", stranger(static_cast<int>(i % 40)),
                                                 "unit" + std::to_string(i % 11));
    ledger.attempt(id);
    ledger.failed(id, Stage::connect, i % 2 == 0 ? Cause::refused : Cause::no_reply, i + 1);
    ledger.traffic(id, {1, 0, 0, 0});
    ledger.dns_answer("entra", stranger(static_cast<int>(i)), static_cast<std::uint16_t>(i % 20), 1);
    ledger.dns_failure("entra", stranger(static_cast<int>(i)), DnsCause::servfail);
  }
  std::uint64_t attempted = 0;
  std::uint64_t failed = 0;
  std::uint64_t sent = 0;
  std::uint64_t answers = 0;
  std::uint64_t dns_failed = 0;
  const Snapshot snapshot = ledger.snapshot();
  for (const auto& row : snapshot.connections) attempted += row.attempts;
  for (const auto& row : snapshot.failures) failed += row.count;
  for (const auto& row : snapshot.traffic) sent += row.sent_bytes;
  for (const auto& row : snapshot.dns_answers) answers += row.count;
  for (const auto& row : snapshot.dns_failures) dns_failed += row.count;
  EXPECT_EQ(attempted, kConnections);
  EXPECT_EQ(failed, kConnections);
  EXPECT_EQ(sent, kConnections);
  EXPECT_EQ(answers, kConnections);
  EXPECT_EQ(dns_failed, kConnections);
}

TEST(LedgerBounds, FailuresHaveALimitOfTheirOwn) {
  Ledger ledger = make_ledger({.series_per_metric = 2, .hosts_per_service = 10});
  const SeriesId id = ledger.connection_series("key_vault", stranger(0), "u");
  for (const Cause cause : {Cause::refused, Cause::no_reply, Cause::reset, Cause::timeout})
    ledger.failed(id, Stage::connect, cause, 1);
  EXPECT_EQ(failures(ledger, "key_vault", stranger(0), "u", Stage::connect, Cause::no_reply), 1);
  EXPECT_EQ(failures(ledger, "key_vault", "other", "other", Stage::connect, Cause::timeout), 1);
  EXPECT_EQ(ledger.snapshot().overflow.failures, 2);
}

TEST(LedgerBounds, DnsRowsHaveLimitsOfTheirOwn) {
  Ledger ledger = make_ledger({.series_per_metric = 2, .hosts_per_service = 10});
  for (const std::uint16_t rcode : std::initializer_list<std::uint16_t>{0, 2, 3, 5})
    ledger.dns_answer("key_vault", stranger(0), rcode, 1);
  for (const DnsCause cause : {DnsCause::servfail, DnsCause::refused, DnsCause::empty})
    ledger.dns_failure("key_vault", stranger(0), cause);
  const Snapshot snapshot = ledger.snapshot();
  EXPECT_EQ(dns_answers(ledger, "key_vault", "other", "REFUSED"), 1);
  EXPECT_EQ(snapshot.overflow.dns_answers, 2);
  EXPECT_EQ(snapshot.overflow.dns_failures, 1);
}

TEST(LedgerBounds, RowsNeverExceedTheLimitsPlusTheOverflowRows) {
  constexpr LedgerLimits kLimits{.series_per_metric = 50, .hosts_per_service = 20};
  Ledger ledger = make_ledger(kLimits);
  for (int i = 0; i < 5000; ++i)
    ledger.attempt(ledger.connection_series("key_vault", stranger(i % 300), "unit" + std::to_string(i)));
  constexpr std::size_t kServices = 3;
  EXPECT_LE(ledger.snapshot().connections.size(), kLimits.series_per_metric + kServices);
  EXPECT_LE(ledger.snapshot().traffic.size(), kLimits.hosts_per_service + kServices);
}

}  // namespace
}  // namespace egresswatch::account
