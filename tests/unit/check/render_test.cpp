// SPDX-License-Identifier: Apache-2.0
#include "check/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "check/advice.h"

namespace egresswatch::check {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

EndpointResult good() {
  EndpointResult result;
  result.target = {"key_vault", BuiltinService::key_vault, "contoso.vault.azure.net", 443, Protocol::https};
  result.dns = {
      DnsResult::Source::resolver,     DnsCause::none, 0,        "192.0.2.53:53", {"contoso.vaultcore.azure.net"},
      {IpAddress::v4(203, 0, 113, 7)}, false,          2'300'000};
  result.addresses = {{IpAddress::v4(203, 0, 113, 7), true, {}, 0, {}, 1'200'000}};
  result.used = result.addresses[0].address;
  result.connect_ns = 1'200'000;
  result.tls.duration_ns = 12'000'000;
  result.tls.version = "TLSv1.3";
  result.http = {200, "", 4'005'000};
  return result;
}

EndpointResult bad() {
  EndpointResult result = good();
  result.used.reset();
  result.connect_ns = 0;
  result.tls = {};
  result.http = {};
  result.failure = {Stage::connect, Cause::icmp_prohibited};
  result.addresses[0].connected = false;
  result.addresses[0].failure = result.failure;
  result.addresses[0].icmp = {2, 3, 13, IpAddress::v4(192, 0, 2, 1), false};
  return result;
}

TEST(RenderTable, OneRowPerEndpointThenTheSentences) {
  const std::string text = render_table({good(), bad()}, false);
  EXPECT_THAT(text, HasSubstr("key_vault  contoso.vault.azure.net  203.0.113.7  2.3 ms  1.2 ms  12.0 ms  4.0 ms"));
  EXPECT_THAT(text, HasSubstr("ok (200)\n"));
  EXPECT_THAT(text, HasSubstr("FAILED connect/icmp_prohibited\n"));
  EXPECT_THAT(text, HasSubstr("\n\ncontoso.vault.azure.net: ICMP type 3 code 13 from 192.0.2.1 says that 203.0.113.7"));
  EXPECT_THAT(text, Not(HasSubstr("\033")));
  EXPECT_THAT(render_table({good()}, true), HasSubstr("\033[32mok (200)\033[0m\n"));
}

TEST(RenderJson, OneObjectPerLine) {
  EXPECT_EQ(render_json({good()}), R"({"host":"contoso.vault.azure.net","port":443,"service":"key_vault","ok":true,)"
                                   R"("dns":{"source":"resolver","resolver":"192.0.2.53:53","rcode":"NOERROR",)"
                                   R"("chain":["contoso.vaultcore.azure.net"],"private_endpoint":false},)"
                                   R"("addresses":[{"address":"203.0.113.7","ok":true,"connect_ms":1.200}],)"
                                   R"("tls":{"version":"TLSv1.3"},"http_status":200,)"
                                   R"("timings_ms":{"dns":2.300,"tcp":1.200,"tls":12.000,"first_byte":4.005}})"
                                   "\n");
  EXPECT_THAT(render_json({bad()}), HasSubstr(R"("stage":"connect","cause":"icmp_prohibited","sentence":")"));
}

TEST(Advice, EveryCauseHasASentenceAndNoStrangeBytesGetThrough) {
  for (std::size_t stage = 1; stage < kStageNames.size(); ++stage)
    for (std::size_t cause = 1; cause < kCauseNames.size(); ++cause) {
      EndpointResult result = good();
      result.failure = {static_cast<Stage>(stage), static_cast<Cause>(cause)};
      result.tls.subject = result.tls.issuer = "CN = \033[2J" + std::string(300, 'x');
      result.tls.problem = "p";
      EXPECT_THAT(advice(result), Not(HasSubstr("\033")));
      EXPECT_FALSE(advice(result).empty());
    }
  for (std::size_t cause = 1; cause < kDnsCauseNames.size() - 1; ++cause) {
    EndpointResult result = good();
    result.dns.cause = static_cast<DnsCause>(cause);
    EXPECT_FALSE(advice(result).empty()) << kDnsCauseNames[cause];
  }
}

TEST(Note, OneFamilyThatDoesNotWork) {
  EndpointResult result = good();
  result.addresses.push_back({*IpAddress::parse("2001:db8::1"), false, {Stage::route, Cause::no_route}, 0, {}, 1});
  EXPECT_EQ(note(result), "2001:db8::1 does not work (route/no_route)");
  EXPECT_TRUE(result.ok());
}

}  // namespace
}  // namespace egresswatch::check
