// SPDX-License-Identifier: Apache-2.0
// The counters of one process in the next one.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <span>
#include <string>
#include <vector>

#include "account/ledger.h"
#include "base/archive.h"
#include "base/unique_fd.h"
#include "ledger_fixture.h"

namespace egresswatch::account {
namespace {

constexpr std::uint64_t kNow = 1'790'000'000'000'000'000;

std::vector<std::byte> saved(const Ledger& ledger) {
  const UniqueFd fd(::memfd_create("ledger", MFD_CLOEXEC));
  ArchiveWriter archive(fd.get());
  ledger.save(archive);
  EXPECT_TRUE(archive.finish());
  std::vector<std::byte> bytes(static_cast<std::size_t>(::lseek(fd.get(), 0, SEEK_END)));
  EXPECT_EQ(::pread(fd.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  return bytes;
}

Ledger with_counts(LedgerLimits limits = {}) {
  Ledger ledger = make_ledger(limits);
  const SeriesId id = ledger.connection_series("key_vault", "a.vault.azure.net", "sync.service");
  ledger.attempt(id);
  ledger.established(id, false, 2'000'000);
  ledger.opened(id);
  ledger.succeeded(id, kNow);
  ledger.traffic(id, {.sent_bytes = 7, .received_bytes = 8, .retransmits = 9, .syn_retransmits = 10});
  ledger.failed(id, Stage::connect, Cause::refused, kNow + 1);
  ledger.dns_answer("key_vault", "a.vault.azure.net", 3, 1'000'000);
  ledger.dns_failure("key_vault", "a.vault.azure.net", DnsCause::nxdomain);
  ledger.resolution("key_vault", "a.vault.azure.net", Resolution::private_endpoint);
  ledger.unexpected(Unexpected::no_name, "stranger.service", "curl", 3);
  ledger.name_source(NameSource::sni);
  ledger.event(EventType::tcp_attempt);
  return ledger;
}

TEST(SavedLedger, IsTheSame) {
  const Ledger before = with_counts();
  const auto bytes = saved(before);
  Ledger after = make_ledger();
  ArchiveReader archive(bytes);
  ASSERT_TRUE(after.restore(archive));
  EXPECT_TRUE(archive.at_end());
  EXPECT_EQ(saved(after), bytes);
  EXPECT_EQ(attempts(after, "key_vault", "a.vault.azure.net", "sync.service"), 1U);
  EXPECT_EQ(find_traffic(after.snapshot(), "key_vault", "a.vault.azure.net")->open_connections, 1U);
}

TEST(SavedLedger, NumbersOfSeriesStay) {
  Ledger before = with_counts();
  const SeriesId id = before.connection_series("key_vault", "a.vault.azure.net", "sync.service");
  const auto bytes = saved(before);
  Ledger after;
  // what the new configuration reserves first must not shift them
  after.reserve_host("entra", "login.example.com");
  ArchiveReader archive(bytes);
  ASSERT_TRUE(after.restore(archive));
  EXPECT_EQ(after.connection_series("key_vault", "a.vault.azure.net", "sync.service"), id);
}

TEST(SavedLedger, SmallerLimitsLetNothingNewIn) {
  const auto bytes = saved(with_counts());
  Ledger after = make_ledger({.series_per_metric = 1, .hosts_per_service = 1});
  ArchiveReader archive(bytes);
  ASSERT_TRUE(after.restore(archive));
  EXPECT_EQ(attempts(after, "key_vault", "a.vault.azure.net", "sync.service"), 1U);
  const SeriesId folded = after.connection_series("key_vault", "b.vault.azure.net", "sync.service");
  after.attempt(folded);
  EXPECT_EQ(attempts(after, "key_vault", "b.vault.azure.net", "sync.service"), 0U);
  EXPECT_EQ(attempts(after, "key_vault", "other", "other"), 1U);
}

TEST(SavedLedger, WhatIsCutAnywhereChangesNothing) {
  const auto bytes = saved(with_counts());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Ledger after = make_ledger();
    ArchiveReader archive(std::span<const std::byte>(bytes).first(size));
    EXPECT_FALSE(after.restore(archive)) << size;
    EXPECT_EQ(saved(after), saved(make_ledger())) << size;
  }
}

TEST(SavedLedger, ForgetsWhatIsOpen) {
  Ledger ledger = with_counts();
  ledger.forget_open();
  EXPECT_EQ(find_traffic(ledger.snapshot(), "key_vault", "a.vault.azure.net")->open_connections, 0U);
}

}  // namespace
}  // namespace egresswatch::account
