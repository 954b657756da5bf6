// SPDX-License-Identifier: Apache-2.0
// Which names become keys, and which never do.
#include <gtest/gtest.h>

#include <string>

#include "account/ledger.h"
#include "ledger_fixture.h"

namespace egresswatch::account {
namespace {

TEST(LedgerNames, AnUnknownNameNeverBecomesAHost) {
  Ledger ledger = make_ledger();
  ledger.attempt(ledger.connection_series("other", "secret.example", "u"));
  EXPECT_EQ(attempts(ledger, "other", "other", "u"), 1);
  EXPECT_EQ(ledger.snapshot().overflow.connections, 0);
}

TEST(LedgerNames, AServiceThatWasNotAddedIsOther) {
  Ledger ledger = make_ledger();
  ledger.attempt(ledger.connection_series("nonsense", "host.example", "u"));
  EXPECT_EQ(attempts(ledger, "other", "other", "u"), 1);
}

TEST(LedgerNames, AnAddressIsNoHost) {
  Ledger ledger = make_ledger();
  ledger.attempt(ledger.connection_series("key_vault", "20.1.2.3", "u"));
  ledger.attempt(ledger.connection_series("key_vault", "2603:1030::1", "u"));
  EXPECT_EQ(attempts(ledger, "key_vault", "other", "u"), 2);
}

TEST(LedgerNames, AnAddressThatTheCatalogNamesIsAHost) {
  Ledger ledger = make_ledger();
  ledger.reserve_host("imds", "169.254.169.254");
  ledger.attempt(ledger.connection_series("imds", "169.254.169.254", "u"));
  EXPECT_EQ(attempts(ledger, "imds", "169.254.169.254", "u"), 1);
}

TEST(LedgerNames, NoHostIsOtherAndNoUnitIsUnknown) {
  Ledger ledger = make_ledger();
  ledger.attempt(ledger.connection_series("key_vault", "", ""));
  EXPECT_EQ(attempts(ledger, "key_vault", "other", "unknown"), 1);
}

TEST(LedgerNames, NamesThatCleanToTheSameTextAreOneSeries) {
  Ledger ledger = make_ledger();
  const SeriesId first = ledger.connection_series("key_vault", "a.vault.azure.net", "evil\xff");
  EXPECT_EQ(ledger.connection_series("key_vault", "a.vault.azure.net", "evil\xfe"), first);
  EXPECT_EQ(ledger.connection_series("key_vault", "a.vault.azure.net", "evil\n"), first);
  EXPECT_NE(find_connections(ledger.snapshot(), "key_vault", "a.vault.azure.net", "evil\uFFFD"), nullptr);
}

TEST(LedgerNames, LongNamesAreCut) {
  Ledger ledger = make_ledger();
  const std::string longest(Ledger::kMaxNameBytes, 'x');
  const SeriesId cut = ledger.connection_series("key_vault", longest + "y", longest + "z");
  EXPECT_EQ(ledger.connection_series("key_vault", longest, longest), cut);
}

TEST(LedgerNames, ReservedHostsHaveNoRowBeforeTheyAreUsed) {
  Ledger ledger = make_ledger();
  const Snapshot before = ledger.snapshot();
  ledger.reserve_host("entra", "login.microsoftonline.com");
  const Snapshot after = ledger.snapshot();
  EXPECT_EQ(after.connections.size(), before.connections.size());
  EXPECT_EQ(after.traffic.size(), before.traffic.size());
}

TEST(LedgerNames, ReservingKeepsWhatTheHostHadCounted) {
  Ledger ledger = make_ledger();
  ledger.attempt(ledger.connection_series("entra", "adfs.example", "other"));
  ledger.reserve_host("entra", "adfs.example");
  EXPECT_EQ(attempts(ledger, "entra", "adfs.example", "other"), 1);
}

}  // namespace
}  // namespace egresswatch::account
