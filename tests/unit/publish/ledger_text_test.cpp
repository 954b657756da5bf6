// SPDX-License-Identifier: Apache-2.0
// The ledger's text is held against what prometheus-cpp makes of the same rows, byte for byte.
#include "publish/ledger_text.h"

#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <cstdint>
#include <limits>
#include <random>
#include <string>

#include "account/ledger.h"
#include "ledger_families.h"

namespace egresswatch::publish {
namespace {

using account::Ledger;

constexpr std::uint64_t kNow = 1'790'000'000'123'456'789;

class LedgerTextTest : public testing::Test {
 protected:
  void expect_same() {
    TextWriter writer;
    text_.write(ledger_.snapshot(), writer);
    EXPECT_EQ(std::move(writer).take(), prometheus::TextSerializer().Serialize(ledger_families(ledger_.snapshot())));
  }

  void use(const std::string& host, const std::string& unit, std::uint64_t bytes) {
    const auto id = ledger_.connection_series("key_vault", host, unit);
    ledger_.attempt(id);
    ledger_.established(id, bytes % 2 == 0, bytes);
    ledger_.failed(id, Stage::data, Cause::reset, kNow + bytes);
    ledger_.failed(id, Stage::connect, Cause::no_reply, kNow);
    ledger_.succeeded(id, kNow);
    ledger_.opened(id);
    ledger_.first_byte(id, bytes);
    ledger_.traffic(id, {bytes, bytes / 2, bytes % 1'000, bytes % 10});
    ledger_.dns_answer("key_vault", host, static_cast<std::uint16_t>(bytes % 30), bytes);
    ledger_.dns_failure("key_vault", host, DnsCause::servfail);
    ledger_.resolution("key_vault", host, Resolution::private_endpoint);
    ledger_.unexpected(Unexpected::not_in_policy, unit, host);
    ledger_.name_source(NameSource::dns_host);
    ledger_.event(account::EventType::flow);
  }

  Ledger ledger_{{.series_per_metric = 500, .hosts_per_service = 100}};
  LedgerText text_;
};

TEST_F(LedgerTextTest, OfNothing) { expect_same(); }

TEST_F(LedgerTextTest, OfEverything) {
  for (const char* service : {"key_vault", "ser\"vice\\", "arm"}) ledger_.add_service(service);
  for (const char* unit : {"sync.service", "x\"} 1\nforged 1", "\xff\xfe", "back\\slash", "", "\xC3\xBC"})
    for (const std::uint64_t bytes : {std::uint64_t{0}, std::uint64_t{123'456'789}, (std::uint64_t{1} << 53) + 1,
                                      std::numeric_limits<std::uint64_t>::max() / 2})
      use("a.vault.azure.net", unit, bytes);
  expect_same();
}

TEST_F(LedgerTextTest, OfALedgerThatGrowsBetweenScrapes) {
  ledger_.add_service("key_vault");
  ledger_.reserve_host("key_vault", "reserved.vault.azure.net");
  expect_same();
  std::mt19937 random(20261126);
  for (int scrape = 0; scrape < 30; ++scrape) {
    for (int i = 0; i < 50; ++i) {
      std::string host = "vault" + std::to_string(random() % 200);
      std::string unit(random() % 20, 'u');
      for (char& c : unit) c = static_cast<char>(random());
      use(host, unit, random());
    }
    // takes the place that was spared for it, between series with higher and lower numbers
    if (scrape == 20) ledger_.attempt(ledger_.connection_series("key_vault", "reserved.vault.azure.net", "late"));
    if (scrape == 10) ledger_.add_service("added.later");
    expect_same();
    if (HasFailure()) FAIL() << "scrape " << scrape;
  }
}

}  // namespace
}  // namespace egresswatch::publish
