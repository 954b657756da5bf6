// SPDX-License-Identifier: Apache-2.0
#include "cli/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "report_fixture.h"

namespace egresswatch::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// A report about one destination whose names are these.
Report hostile_report(const std::string& name) {
  const Observation odd = seen(name, Function::none, name, 1, name);
  return make_report({.machine = name, .made_ns = kLast, .since_ns = kFirst}, std::vector{odd}, {});
}

TEST(Report, RowsAreInTheOrderOfThePageAndTheMostUrgentFirst) {
  const Report report = sample_report();
  std::vector<std::string> hosts;
  for (const ReportRow& row : report.rows) hosts.push_back(row.sum.host);
  EXPECT_THAT(hosts, ElementsAre("login.microsoftonline.com", "b.vault.azure.net", "a.vault.azure.net",
                                 "169.254.169.254", "x.azconfig.example", "", "time.example"));
  EXPECT_EQ(report.attempts, 34U);
  EXPECT_EQ(report.established, 30U);
  EXPECT_EQ(report.failed, 3U);
  EXPECT_EQ(report.units, 5U);
}

TEST(Report, ADestinationIsSummedUpOverItsUnits) {
  const ReportRow row = sample_report().rows[2];
  EXPECT_EQ(row.section, Section::vault_operations);
  EXPECT_EQ(row.sum.service, "key_vault");
  EXPECT_EQ(row.sum.port, 443);
  EXPECT_EQ(row.sum.attempts, 16U);
  EXPECT_EQ(row.sum.established, 16U);
  EXPECT_EQ(row.sum.failed, 0U);
  EXPECT_EQ(row.sum.first_seen_ns, kFirst);
  EXPECT_EQ(row.sum.last_seen_ns, kLast);
  EXPECT_THAT(row.units, ElementsAre("batch.service", "odd.service", "sync.service"));
  EXPECT_THAT(row.addresses, ElementsAre(IpAddress::v4(20, 1, 2, 3)));
}

TEST(Report, TheLastFailureIsThatOfTheUnitThatWasSeenLast) {
  Observation early = failing(seen("arm", Function::management, "h", 1, "a"), 1, Stage::connect, Cause::refused);
  Observation late = failing(seen("arm", Function::management, "h", 1, "b"), 1, Stage::connect, Cause::no_reply);
  late.last_seen_ns += kSecondNs;
  const Report report = make_report({}, std::vector{late, early}, {});
  ASSERT_EQ(report.rows.size(), 1U);
  EXPECT_EQ(report.rows[0].sum.last_cause, Cause::no_reply);
  EXPECT_TRUE(report.rows[0].never_through());
}

TEST(Report, WhatHasNoHandshakeIsNotSaidToFail) {
  for (const ReportRow& row : sample_report().rows)
    EXPECT_EQ(row.never_through(), row.sum.host == "b.vault.azure.net") << row.sum.host;
}

TEST(ReportMarkdown, ReadsWell) {
  EXPECT_EQ(render_markdown(sample_report()),
            R"(# Egress of `host-1`

From 2026-09-21T14:00:00Z to 2026-09-21T14:14:21Z (UTC).

7 destinations, 5 units; 34 attempts, 30 established, 3 failed.

**Never got through:**

- `b.vault.azure.net` 443/tcp (`key_vault`): 2 attempts, last connect/no_reply at 2026-09-21T14:14:20Z, for `sync.service`

**Unexpected:** 3 destinations, at the end of this report.

## Authentication

| host | port | service | units | attempts | established | failed | last failure | first seen | last seen |
|---|---|---|---|---:|---:|---:|---|---|---|
| `login.microsoftonline.com` | 443/tcp | `entra` | `sync.service` | 4 | 3 | 1 | tls/reset_after_hello | 2026-09-21T14:13:20Z | 2026-09-21T14:14:20Z |

## Key Vault management (Resource Manager)

Not used.

## Microsoft Graph

Not used.

## Key Vault operations

| host | port | service | units | attempts | established | failed | last failure | first seen | last seen |
|---|---|---|---|---:|---:|---:|---|---|---|
| **`b.vault.azure.net`** | 443/tcp | `key_vault` | `sync.service` | 2 | 0 | 2 | connect/no_reply | 2026-09-21T14:13:20Z | 2026-09-21T14:14:20Z |
| `a.vault.azure.net` | 443/tcp | `key_vault` | `batch.service`, `odd.service`, `sync.service` | 16 | 16 | 0 | - | 2026-09-21T14:13:20Z | 2026-09-21T14:14:20Z |

## Certificate revocation

Not used.

## Platform

| host | port | service | units | attempts | established | failed | last failure | first seen | last seen |
|---|---|---|---|---:|---:|---:|---|---|---|
| `169.254.169.254` | 80/tcp | `imds` | `sync.service` | 3 | 3 | 0 | - | 2026-09-21T14:13:20Z | 2026-09-21T14:14:20Z |

## Services of the configuration

| host | port | service | units | attempts | established | failed | last failure | first seen | last seen |
|---|---|---|---|---:|---:|---:|---|---|---|
| `x.azconfig.example` | 443/tcp | `app_config` | `sync.service` | 1 | 1 | 0 | - | 2026-09-21T14:13:20Z | 2026-09-21T14:14:20Z |

## Other destinations

| host | port | service | units | attempts | established | failed | last failure | first seen | last seen |
|---|---|---|---|---:|---:|---:|---|---|---|
| (no name) `203.0.113.9`, `203.0.113.8` | 443/tcp | `other` | `updater.service` | 7 | 7 | 0 | - | 2026-09-21T14:13:20Z | 2026-09-21T14:14:20Z |
| `time.example` | 123/udp | `other` | `chronyd.service` | 1 | 0 | 0 | - | 2026-09-21T14:13:20Z | 2026-09-21T14:14:20Z |

## Unexpected

### No rule allows it (`not_in_policy`)

| host | port | service | units | attempts | established | failed | last failure | first seen | last seen |
|---|---|---|---|---:|---:|---:|---|---|---|
| `time.example` | 123/udp | `other` | `chronyd.service` | 1 | 0 | 0 | - | 2026-09-21T14:13:20Z | 2026-09-21T14:14:20Z |

### No rule allows the address, and no name is known (`no_name`)

| host | port | service | units | attempts | established | failed | last failure | first seen | last seen |
|---|---|---|---|---:|---:|---:|---|---|---|
| (no name) `203.0.113.9`, `203.0.113.8` | 443/tcp | `other` | `updater.service` | 7 | 7 | 0 | - | 2026-09-21T14:13:20Z | 2026-09-21T14:14:20Z |

### Allowed, but on other ports (`wrong_port`)

| host | port | service | units | attempts | established | failed | last failure | first seen | last seen |
|---|---|---|---|---:|---:|---:|---|---|---|
| `a.vault.azure.net` | 443/tcp | `key_vault` | `odd.service` | 1 | 1 | 0 | - | 2026-09-21T14:13:20Z | 2026-09-21T14:14:20Z |
)");
}

TEST(ReportMarkdown, NothingSeenIsSaid) {
  EXPECT_EQ(render_markdown(make_report({.machine = "h", .made_ns = kLast, .since_ns = 0}, {}, {})),
            "# Egress of `h`\n\nNothing was seen (it is 2026-09-21T14:14:20Z).\n");
  EXPECT_EQ(render_markdown(make_report({.machine = "h", .made_ns = kLast, .since_ns = kFirst}, {}, {})),
            "# Egress of `h`\n\nNothing was seen since 2026-09-21T14:13:20Z (it is 2026-09-21T14:14:20Z).\n");
}

TEST(ReportMarkdown, AllGoodIsSaid) {
  const std::string text = render_markdown(hostile_report("fine"));
  EXPECT_THAT(text, HasSubstr("1 destination, 1 unit; 1 attempt, 1 established, 0 failed.\n\n"
                              "Whatever was tried by TCP got through at least once.\n"));
  EXPECT_THAT(text, Not(HasSubstr("Unexpected")));
}

TEST(ReportMarkdown, NamesCannotBecomeMarkupOrReachATerminal) {
  EXPECT_THAT(render_markdown(hostile_report("a|b`c")), HasSubstr("| `a\\|b'c` | 443/tcp | `a\\|b'c` |"));
  EXPECT_THAT(render_markdown(hostile_report("\033[31m\n# x")), HasSubstr("# Egress of `\\x1b[31m\\x0a# x`\n"));
  // U+202E turns round what follows
  EXPECT_THAT(render_markdown(hostile_report("\xE2\x80\xAE"
                                             "gpj.exe")),
              HasSubstr("`\\xe2\\x80\\xaegpj.exe`"));
}

TEST(ReportMarkdown, ManyRowsUnitsAndAddressesAreLeftOut) {
  std::vector<Observation> many;
  many.reserve(250);
  for (int i = 0; i < 250; ++i)
    many.push_back(
        failing(seen("other", Function::none, "h" + std::to_string(i), 1), 1, Stage::connect, Cause::refused));
  std::string text = render_markdown(make_report({}, many, {}));
  EXPECT_THAT(text, HasSubstr("\n- and 50 more\n"));
  EXPECT_THAT(text, EndsWith("\n50 more rows are left out; `-o csv` has them.\n"));

  many.clear();
  std::vector<ObservedAddress> reached;
  for (std::uint8_t i = 0; i < 9; ++i) {
    many.push_back(seen("other", Function::none, "", 1, "u" + std::to_string(i)));
    reached.push_back({"other", "", IpAddress::v4(192, 0, 2, i), kLast});
  }
  text = render_markdown(make_report({}, many, reached));
  EXPECT_THAT(text, HasSubstr("| (no name) `192.0.2.0`, `192.0.2.1`, `192.0.2.2` and 6 more | 443/tcp | `other` | "
                              "`u0`, `u1`, `u2`, `u3` and 5 more |"));
}

TEST(ReportJson, HasEveryField) {
  const auto document = boost::json::parse(render_json(sample_report()));
  EXPECT_EQ(document.at("version"), 1);
  EXPECT_EQ(document.at("machine"), "host-1");
  EXPECT_EQ(document.at("since"), "2026-09-21T14:00:00Z");
  EXPECT_EQ(document.at("until"), "2026-09-21T14:14:21Z");
  EXPECT_EQ(document.at("totals"), boost::json::parse(R"({"destinations":7,"units":5,"attempts":34,"established":30,
                                                         "failed":3})"));
  const auto& sections = document.at("sections").as_array();
  ASSERT_EQ(sections.size(), 8U);
  for (std::size_t i = 0; i < sections.size(); ++i)
    EXPECT_EQ(sections[i].at("name"), boost::json::value(kSectionNames[i]));
  EXPECT_EQ(sections[3].at("title"), "Key Vault operations");
  EXPECT_EQ(sections[3].at("rows").at(0), boost::json::parse(R"({"service":"key_vault","host":"b.vault.azure.net",
      "protocol":"tcp","port":443,"units":["sync.service"],"attempts":2,"established":0,"failed":2,
      "last_stage":"connect","last_cause":"no_reply","never_through":true,
      "first_seen":"2026-09-21T14:13:20Z","last_seen":"2026-09-21T14:14:20Z","addresses":[]})"));
  EXPECT_EQ(sections[7].at("rows").at(0), boost::json::parse(R"({"service":"other","protocol":"tcp","port":443,
      "units":["updater.service"],"attempts":7,"established":7,"failed":0,"never_through":false,
      "first_seen":"2026-09-21T14:13:20Z","last_seen":"2026-09-21T14:14:20Z",
      "addresses":["203.0.113.9","203.0.113.8"]})"));
  const auto& unexpected = document.at("unexpected").as_array();
  ASSERT_EQ(unexpected.size(), 3U);
  EXPECT_EQ(unexpected[0].at("reason"), "not_in_policy");
  EXPECT_EQ(unexpected[2].at("reason"), "wrong_port");
  EXPECT_EQ(unexpected[2].at("units"), boost::json::parse(R"(["odd.service"])"));
}

TEST(ReportJson, AnEmptyOneHasItsForm) {
  const auto document = boost::json::parse(render_json(make_report({.machine = "h", .made_ns = kLast}, {}, {})));
  EXPECT_FALSE(document.as_object().contains("since"));
  EXPECT_EQ(document.at("sections").as_array().size(), 8U);
  EXPECT_EQ(document.at("unexpected").as_array().size(), 0U);
}

TEST(ReportCsv, HasALineForEachDestinationAndReason) {
  EXPECT_EQ(render_csv(sample_report()),
            "section,service,host,protocol,port,units,attempts,established,failed,last_stage,last_cause,first_seen,"
            "last_seen,unexpected\r\n"
            "authentication,entra,login.microsoftonline.com,tcp,443,sync.service,4,3,1,tls,reset_after_hello,"
            "2026-09-21T14:13:20Z,2026-09-21T14:14:20Z,\r\n"
            "vault_operations,key_vault,b.vault.azure.net,tcp,443,sync.service,2,0,2,connect,no_reply,"
            "2026-09-21T14:13:20Z,2026-09-21T14:14:20Z,\r\n"
            "vault_operations,key_vault,a.vault.azure.net,tcp,443,batch.service; sync.service,15,15,0,,,"
            "2026-09-21T14:13:20Z,2026-09-21T14:14:20Z,\r\n"
            "vault_operations,key_vault,a.vault.azure.net,tcp,443,odd.service,1,1,0,,,"
            "2026-09-21T14:13:20Z,2026-09-21T14:14:20Z,wrong_port\r\n"
            "platform,imds,169.254.169.254,tcp,80,sync.service,3,3,0,,,"
            "2026-09-21T14:13:20Z,2026-09-21T14:14:20Z,\r\n"
            "own,app_config,x.azconfig.example,tcp,443,sync.service,1,1,0,,,"
            "2026-09-21T14:13:20Z,2026-09-21T14:14:20Z,\r\n"
            "other,other,,tcp,443,updater.service,7,7,0,,,2026-09-21T14:13:20Z,2026-09-21T14:14:20Z,no_name\r\n"
            "other,other,time.example,udp,123,chronyd.service,1,0,0,,,"
            "2026-09-21T14:13:20Z,2026-09-21T14:14:20Z,not_in_policy\r\n");
}

TEST(ReportCsv, NamesCannotBreakALineOrBecomeAFormula) {
  EXPECT_THAT(render_csv(hostile_report("=cmd|' /C calc'!A0")),
              HasSubstr("\r\nown,'=cmd|' /C calc'!A0,'=cmd|' /C calc'!A0,tcp,443,'=cmd|' /C calc'!A0,1,"));
  for (const char* sign : {"=", "+", "-", "@"})
    EXPECT_THAT(render_csv(hostile_report(std::string(sign) + "1")), HasSubstr(std::string(",'") + sign + "1,"));
  EXPECT_THAT(render_csv(hostile_report("a,\"b\"")), HasSubstr(R"(own,"a,""b""","a,""b""",tcp,)"));
  EXPECT_THAT(render_csv(hostile_report("=a,b")), HasSubstr(R"(own,"'=a,b",)"));
}

}  // namespace
}  // namespace egresswatch::cli
