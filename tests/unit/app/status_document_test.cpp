// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

#include "app/version.h"
#include "unit/app/control_fixture.h"

namespace egresswatch::test {
namespace {

using boost::json::object;
using cli::flag;
using cli::list;
using cli::member;
using cli::number;
using cli::text;
using publish::sample_connection;
using publish::sample_dns;
using publish::sample_failure;
using ::testing::ElementsAre;

class StatusDocument : public ControlTest {
 protected:
  std::vector<object> rows() {
    std::vector<object> all;
    for (const auto& row : list(status(), "rows")) all.push_back(row.as_object());
    return all;
  }
  std::vector<std::string> destinations() {
    std::vector<std::string> all;
    for (const object& row : rows())
      all.push_back(std::string(text(row, "service")) + " " + std::string(text(row, "host")));
    return all;
  }
};

TEST_F(StatusDocument, TheDaemon) {
  complete_ = false;
  const object& document = status();
  EXPECT_EQ(number(document, "version"), 1U);
  const object& daemon = member(document, "daemon");
  EXPECT_EQ(text(daemon, "version"), app::kVersion);
  EXPECT_EQ(text(daemon, "since"), "2026-09-21T14:13:20.000000Z");
  EXPECT_EQ(text(daemon, "now"), "2026-09-21T14:15:00.000000Z");
  EXPECT_FALSE(flag(daemon, "data_complete"));
  EXPECT_FALSE(flag(daemon, "ready"));
}

TEST_F(StatusDocument, WhatOnlyExistsAtZeroIsNoRow) {
  ledger_.reserve_host("entra", "login.microsoftonline.com");
  EXPECT_TRUE(rows().empty());
}

TEST_F(StatusDocument, ARowAddsUpTheUnitsOfAHost) {
  happen(at(1, sample_connection()));
  ConnectionReport failure = at(9, sample_failure(Stage::connect, Cause::no_reply));
  failure.unit = "billing.service";
  happen(at(8, sample_failure(Stage::connect, Cause::refused)));
  happen(failure);
  const auto all = rows();
  ASSERT_EQ(all.size(), 1U);
  const object& row = all[0];
  EXPECT_EQ(text(row, "service"), "key_vault");
  EXPECT_EQ(text(row, "host"), kVault);
  EXPECT_EQ(text(row, "verdict"), "failed");
  EXPECT_EQ(number(row, "attempts"), 3U);
  EXPECT_EQ(number(row, "established"), 1U);
  EXPECT_EQ(number(row, "failed"), 2U);
  EXPECT_EQ(number(row, "pending"), 0U);
  EXPECT_EQ(text(row, "last_stage"), "connect");
  EXPECT_EQ(text(row, "last_cause"), "no_reply");
  EXPECT_EQ(text(row, "last_failure"), "2026-09-21T14:13:29.000000Z");
  EXPECT_EQ(text(row, "last_success"), "2026-09-21T14:13:21.000000Z");
  EXPECT_EQ(boost::json::serialize(list(row, "units")), R"(["sync.service","billing.service"])");
  const object& ipv4 = member(member(row, "families"), "ipv4");
  EXPECT_EQ(number(ipv4, "established"), 1U);
  EXPECT_EQ(number(ipv4, "failed"), 2U);
  EXPECT_TRUE(member(member(row, "families"), "ipv6").empty());
}

TEST_F(StatusDocument, ItWorksAgain) {
  happen(at(1, sample_failure(Stage::tls, Cause::reset_after_hello)));
  happen(at(2, sample_connection()));
  const object row = rows().at(0);
  EXPECT_EQ(text(row, "verdict"), "ok");
  EXPECT_EQ(text(row, "last_stage"), "tls");
  EXPECT_EQ(text(row, "last_cause"), "reset_after_hello");
  EXPECT_EQ(text(row, "last_failure"), "2026-09-21T14:13:21.000000Z");
}

TEST_F(StatusDocument, OneFamilyFails) {
  happen(at(1, sample_connection()));
  ConnectionReport failure = at(2, sample_failure(Stage::connect, Cause::no_reply));
  failure.remote = {IpAddress::parse("2001:db8::1").value(), 443};
  happen(failure);
  const object families = member(rows().at(0), "families");
  EXPECT_EQ(number(member(families, "ipv4"), "failed"), 0U);
  EXPECT_EQ(text(member(families, "ipv6"), "last_cause"), "no_reply");
  EXPECT_EQ(text(member(families, "ipv6"), "last_stage"), "connect");
}

TEST_F(StatusDocument, ANameThatCannotBeResolvedIsARowWithoutConnections) {
  DnsReport report = at(5, sample_dns());
  report.cause = DnsCause::private_record_missing;
  happen(report);
  const object row = rows().at(0);
  EXPECT_EQ(text(row, "verdict"), "failed");
  EXPECT_EQ(number(row, "attempts"), 0U);
  EXPECT_EQ(number(row, "dns_failures"), 1U);
  EXPECT_EQ(text(row, "last_stage"), "dns");
  EXPECT_EQ(text(row, "last_cause"), "private_record_missing");
  EXPECT_EQ(boost::json::serialize(list(row, "units")), R"(["sync.service"])");
}

// Connections may well come of such an answer.
TEST_F(StatusDocument, APublicAnswerDespitePrivateLinkIsCountedAndNoVerdict) {
  happen(at(4, sample_connection()));
  DnsReport report = at(5, sample_dns());
  report.cause = DnsCause::public_answer_despite_private_link;
  happen(report);
  EXPECT_EQ(text(rows().at(0), "verdict"), "ok");
  EXPECT_EQ(number(rows().at(0), "dns_failures"), 1U);
}

TEST_F(StatusDocument, PendingConnections) {
  happen(at(4, sample_connection()));
  ConnectionReport waiting = sample_failure(Stage::connect, Cause::no_reply);
  waiting.verdict = Verdict::pending;
  pending_ = {waiting, waiting};
  EXPECT_EQ(text(rows().at(0), "verdict"), "pending");
  EXPECT_EQ(number(rows().at(0), "pending"), 2U);
}

// The ledger calls it after its service, the memory after its address.
TEST_F(StatusDocument, ADestinationWithoutAName) {
  ConnectionReport report = at(3, sample_failure(Stage::http, Cause::imds_throttled));
  report.service = "imds";
  report.host = {};
  report.remote = {IpAddress::v4(169, 254, 169, 254), 80};
  happen(report, "imds");
  ASSERT_THAT(destinations(), ElementsAre("imds imds"));
  EXPECT_EQ(text(rows().at(0), "last_cause"), "imds_throttled");
}

TEST_F(StatusDocument, StrangersAreOneRowWithoutAVerdictAtTheEnd) {
  for (const char* host : {"a.example", "b.example"}) {
    ConnectionReport report = at(7, sample_failure(Stage::connect, Cause::refused));
    report.service = "other";
    report.host = host;
    happen(report);
  }
  happen(at(1, sample_connection()));
  ConnectionReport entra = at(1, sample_connection());
  entra.service = "entra";
  entra.host = "login.microsoftonline.com";
  happen(entra);
  EXPECT_THAT(destinations(),
              ElementsAre("key_vault prod.vault.azure.net", "entra login.microsoftonline.com", "other other"));
  EXPECT_EQ(text(rows().at(2), "verdict"), "several");
  EXPECT_EQ(number(rows().at(2), "failed"), 2U);
}

TEST_F(StatusDocument, UnitsAreBounded) {
  for (int i = 0; i < 20; ++i) {
    const std::string unit = std::to_string(i) + ".service";
    ConnectionReport report = at(1, sample_connection());
    report.unit = unit;
    happen(report);
  }
  EXPECT_EQ(list(rows().at(0), "units").size(), 16U);
  EXPECT_EQ(number(rows().at(0), "units_left_out"), 4U);
}

}  // namespace
}  // namespace egresswatch::test
