// SPDX-License-Identifier: Apache-2.0
// What the ledger counts, as long as there is room.
#include "account/ledger.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "ledger_fixture.h"

namespace egresswatch::account {
namespace {

constexpr std::uint64_t kNow = 1'790'000'000'000'000'000;

TEST(Ledger, TheSameNamesGiveTheSameSeries) {
  Ledger ledger = make_ledger();
  const SeriesId first = ledger.connection_series("key_vault", "a.vault.azure.net", "sync.service");
  EXPECT_EQ(ledger.connection_series("key_vault", "a.vault.azure.net", "sync.service"), first);
  EXPECT_NE(ledger.connection_series("key_vault", "a.vault.azure.net", "cron.service"), first);
  EXPECT_NE(ledger.connection_series("key_vault", "b.vault.azure.net", "sync.service"), first);
}

TEST(Ledger, CountsAttemptsAndEstablishedPerSeries) {
  Ledger ledger = make_ledger();
  const SeriesId id = ledger.connection_series("key_vault", "a.vault.azure.net", "sync.service");
  ledger.attempt(id);
  ledger.attempt(id);
  ledger.established(id, false, 1'000'000);

  const Snapshot snapshot = ledger.snapshot();
  const auto* row = find_connections(snapshot, "key_vault", "a.vault.azure.net", "sync.service");
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->attempts, 2);
  EXPECT_EQ(row->established, 1);
}

TEST(Ledger, CountsFailuresByStageAndCause) {
  Ledger ledger = make_ledger();
  const SeriesId id = ledger.connection_series("entra", "login.microsoftonline.com", "sync.service");
  ledger.failed(id, Stage::connect, Cause::refused, kNow);
  ledger.failed(id, Stage::connect, Cause::refused, kNow);
  ledger.failed(id, Stage::route, Cause::no_route, kNow);
  const auto count = [&](Stage stage, Cause cause) {
    return failures(ledger, "entra", "login.microsoftonline.com", "sync.service", stage, cause);
  };
  EXPECT_EQ(count(Stage::connect, Cause::refused), 2);
  EXPECT_EQ(count(Stage::route, Cause::no_route), 1);
}

TEST(Ledger, LatencyGoesToTheHistogramOfServiceAndFamily) {
  Ledger ledger = make_ledger();
  ledger.established(ledger.connection_series("entra", "login.microsoftonline.com", "u"), true, 2'000'000);
  for (const auto& row : ledger.snapshot().durations) {
    EXPECT_EQ(row.connect_ipv4->count(), 0);
    EXPECT_EQ(row.connect_ipv6->count(), row.service == "entra" ? 1 : 0);
  }
}

TEST(Ledger, FirstByteGoesToTheHistogramOfTheService) {
  Ledger ledger = make_ledger();
  ledger.first_byte(ledger.connection_series("entra", "login.microsoftonline.com", "u"), 5'000'000);
  for (const auto& row : ledger.snapshot().durations)
    EXPECT_EQ(row.first_byte->sum_ns(), row.service == "entra" ? 5'000'000 : 0);
}

TEST(Ledger, RemembersWhenTheLastSuccessAndFailureWere) {
  Ledger ledger = make_ledger();
  const SeriesId id = ledger.connection_series("key_vault", "a.vault.azure.net", "u");
  ledger.established(id, false, 1);
  EXPECT_EQ(find_traffic(ledger.snapshot(), "key_vault", "a.vault.azure.net")->last_success_ns, 0U);
  ledger.succeeded(id, kNow);
  ledger.failed(id, Stage::data, Cause::reset, kNow + 7);

  const Snapshot snapshot = ledger.snapshot();
  const auto* row = find_traffic(snapshot, "key_vault", "a.vault.azure.net");
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->last_success_ns, kNow);
  EXPECT_EQ(row->last_failure_ns, kNow + 7);
}

TEST(Ledger, OpenConnectionsGoUpAndDown) {
  Ledger ledger = make_ledger();
  const SeriesId id = ledger.connection_series("key_vault", "a.vault.azure.net", "u");
  ledger.opened(id);
  ledger.opened(id);
  ledger.closed(id);
  EXPECT_EQ(find_traffic(ledger.snapshot(), "key_vault", "a.vault.azure.net")->open_connections, 1);
}

TEST(Ledger, AnUnmatchedCloseDoesNotGoBelowZero) {
  Ledger ledger = make_ledger();
  ledger.closed(ledger.connection_series("key_vault", "a.vault.azure.net", "u"));
  EXPECT_EQ(find_traffic(ledger.snapshot(), "key_vault", "a.vault.azure.net")->open_connections, 0);
}

TEST(Ledger, TrafficOfAllUnitsIsOneRowPerHost) {
  Ledger ledger = make_ledger();
  ledger.traffic(ledger.connection_series("key_vault", "a.vault.azure.net", "u"), {1, 20, 3, 4});
  ledger.traffic(ledger.connection_series("key_vault", "a.vault.azure.net", "v"), {10, 200, 30, 40});

  const Snapshot snapshot = ledger.snapshot();
  const auto* row = find_traffic(snapshot, "key_vault", "a.vault.azure.net");
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->sent_bytes, 11);
  EXPECT_EQ(row->received_bytes, 220);
  EXPECT_EQ(row->retransmits, 33);
  EXPECT_EQ(row->syn_retransmits, 44);
}

TEST(Ledger, CountsDnsAnswersByResponseCode) {
  Ledger ledger = make_ledger();
  ledger.dns_answer("entra", "login.microsoftonline.com", 0, 1'000'000);
  ledger.dns_answer("entra", "login.microsoftonline.com", 3, 2'000'000);
  EXPECT_EQ(dns_answers(ledger, "entra", "login.microsoftonline.com", "NOERROR"), 1);
  EXPECT_EQ(dns_answers(ledger, "entra", "login.microsoftonline.com", "NXDOMAIN"), 1);
}

TEST(Ledger, UnknownResponseCodesAreOneRow) {
  Ledger ledger = make_ledger();
  for (const std::uint16_t rcode : std::initializer_list<std::uint16_t>{12, 99, 4095})
    ledger.dns_answer("entra", "login.microsoftonline.com", rcode, 1);
  EXPECT_EQ(dns_answers(ledger, "entra", "login.microsoftonline.com", "other"), 3);
}

TEST(Ledger, DnsDurationGoesToTheHistogramOfTheService) {
  Ledger ledger = make_ledger();
  ledger.dns_answer("entra", "login.microsoftonline.com", 0, 3'000'000);
  for (const auto& row : ledger.snapshot().durations)
    EXPECT_EQ(row.dns->sum_ns(), row.service == "entra" ? 3'000'000 : 0);
}

TEST(Ledger, CountsDnsFailuresByCause) {
  Ledger ledger = make_ledger();
  ledger.dns_failure("key_vault", "a.vault.azure.net", DnsCause::no_answer);
  EXPECT_EQ(dns_failures(ledger, "key_vault", "a.vault.azure.net", DnsCause::no_answer), 1);
}

TEST(Ledger, CountsNameSourcesAndEvents) {
  Ledger ledger;
  ledger.name_source(NameSource::dns_process);
  ledger.event(EventType::cancelled);
  ledger.event(event_type(Event{Flow{}}));
  const Snapshot snapshot = ledger.snapshot();
  EXPECT_EQ(snapshot.name_sources[static_cast<std::size_t>(NameSource::dns_process)], 1);
  EXPECT_EQ(snapshot.events[static_cast<std::size_t>(EventType::cancelled)], 1);
  EXPECT_EQ(snapshot.events[static_cast<std::size_t>(EventType::flow)], 1);
}

TEST(Ledger, AServiceExistsAtZeroFromTheStart) {
  const Ledger ledger = make_ledger();
  const Snapshot snapshot = ledger.snapshot();
  const auto* row = find_connections(snapshot, "key_vault", "other", "other");
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->attempts, 0);
  EXPECT_NE(find_traffic(snapshot, "key_vault", "other"), nullptr);
  // services other, key_vault and entra: one row each and no more
  EXPECT_EQ(snapshot.connections.size(), 3);
  EXPECT_EQ(snapshot.failures.size(), 3);
  EXPECT_EQ(snapshot.dns_answers.size(), 3);
  EXPECT_EQ(snapshot.dns_failures.size(), 3);
}

TEST(Ledger, AddingAServiceAgainKeepsItsCounts) {
  Ledger ledger = make_ledger();
  ledger.attempt(ledger.connection_series("key_vault", "a.vault.azure.net", "u"));
  ledger.add_service("key_vault");
  EXPECT_EQ(attempts(ledger, "key_vault", "a.vault.azure.net", "u"), 1);
  EXPECT_EQ(ledger.snapshot().durations.size(), 3);
}

}  // namespace
}  // namespace egresswatch::account
