// SPDX-License-Identifier: Apache-2.0
// The pipeline counts every event: none of it may allocate once the names are known.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>

#include "ledger_fixture.h"

namespace {
std::uint64_t g_allocations = 0;
}  // namespace

void* operator new(std::size_t size) {
  ++g_allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace egresswatch::account {
namespace {

void one_connection(Ledger& ledger, const std::string& host, const std::string& unit) {
  const SeriesId id = ledger.connection_series("key_vault", host, unit);
  ledger.attempt(id);
  ledger.established(id, false, 1'000'000);
  ledger.opened(id);
  ledger.first_byte(id, 2'000'000);
  ledger.failed(id, Stage::data, Cause::reset, 2);
  ledger.traffic(id, {1, 2, 3, 4});
  ledger.closed(id);
  ledger.dns_answer("key_vault", host, 0, 3'000'000);
  ledger.dns_failure("key_vault", host, DnsCause::nxdomain);
}

TEST(Allocation, KnownNamesCostNone) {
  Ledger ledger = make_ledger();
  const std::string host = "a-vault-with-a-long-name.vault.azure.net";
  const std::string unit = "a-unit-with-a-long-name.service";
  one_connection(ledger, host, unit);
  const std::uint64_t before = g_allocations;
  for (int i = 0; i < 1000; ++i) one_connection(ledger, host, unit);
  EXPECT_EQ(g_allocations, before);
}

TEST(Allocation, StrangersBeyondTheLimitCostNone) {
  Ledger ledger = make_ledger({.series_per_metric = 1, .hosts_per_service = 1});
  one_connection(ledger, "first.vault.azure.net", "u");
  one_connection(ledger, "second.vault.azure.net", "u");
  const std::string host = "third-with-a-long-name-of-its-own.vault.azure.net";
  const std::string unit = "a-unit-with-a-long-name-of-its-own.service";
  one_connection(ledger, host, unit);
  const std::uint64_t before = g_allocations;
  for (int i = 0; i < 1000; ++i) one_connection(ledger, host, unit);
  EXPECT_EQ(g_allocations, before);
}

}  // namespace
}  // namespace egresswatch::account
