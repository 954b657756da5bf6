// SPDX-License-Identifier: Apache-2.0
#include "config/microsoft365_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "parse_published.h"

namespace egresswatch::config {
namespace {

using ::testing::HasSubstr;

Result<Microsoft365File> parse(std::string_view text, Cloud cloud = Cloud::public_cloud, std::size_t piece = SIZE_MAX) {
  return parse_published<Microsoft365Parser>(text, cloud, piece);
}

std::string refusal(std::string_view text, Cloud cloud = Cloud::public_cloud) {
  return refusal_of<Microsoft365Parser>(text, cloud);
}

FeedHost host(std::string_view pattern, bool untagged) { return {HostPattern::parse(pattern).value(), untagged}; }

constexpr std::string_view kWorldwide = R"([
  {"id": 1, "serviceArea": "Exchange", "urls": ["outlook.example"], "ips": ["192.0.2.0/24"], "tcpPorts": "80,443"},
  {"id": 56, "serviceArea": "Common", "urls": ["*.msidentity.com", "login.microsoftonline.com"],
   "ips": ["198.51.100.0/24", "2001:db8::/48"], "tcpPorts": "80,443", "expressRoute": true, "required": true},
  {"id": 59, "serviceArea": "Common", "urls": ["*.msauth.net", "*.msidentity.com"], "tcpPorts": "80,443"}
])";

TEST(Microsoft365File, RecordsOfEntraAreKept) {
  const auto file = parse(kWorldwide);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->hosts, (std::vector{host("*.msidentity.com", false), host("login.microsoftonline.com", false),
                                      host("*.msauth.net", true)}));
  ASSERT_EQ(file->tags.size(), 1U);
  EXPECT_EQ(file->tags[0],
            (ServiceTag{"Microsoft365.56",
                        id_of(BuiltinService::entra),
                        {IpPrefix::parse("198.51.100.0/24").value(), IpPrefix::parse("2001:db8::/48").value()},
                        true}));
  EXPECT_TRUE(file->notes.empty());
}

TEST(Microsoft365File, HoweverItIsCutTheResultIsTheSame) {
  for (std::size_t piece = 1; piece < 50; ++piece) {
    const auto file = parse(kWorldwide, Cloud::public_cloud, piece);
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(*file, *parse(kWorldwide));
  }
}

TEST(Microsoft365File, OtherInstancesHaveOtherNumbers) {
  const auto china = parse(R"([{"id": 13, "urls": ["*.msauth.cn"]},
                               {"id": 17, "urls": ["login.partner.microsoftonline.cn"], "ips": ["192.0.2.0/25"]}])",
                           Cloud::china);
  ASSERT_TRUE(china) << china.error().message;
  EXPECT_EQ(china->hosts, (std::vector{host("*.msauth.cn", true), host("login.partner.microsoftonline.cn", false)}));
  ASSERT_EQ(china->tags.size(), 1U);
  EXPECT_EQ(china->tags[0].name, "Microsoft365.17");
  const auto usgov = parse(R"([{"ips": ["192.0.2.0/25"], "urls": ["login.microsoftonline.us"], "id": 13},
                               {"id": 14, "urls": ["*.msauth.net"]}])",
                           Cloud::usgov);
  ASSERT_TRUE(usgov) << usgov.error().message;
  EXPECT_EQ(usgov->hosts, (std::vector{host("login.microsoftonline.us", false), host("*.msauth.net", true)}));
  ASSERT_EQ(usgov->tags.size(), 1U);
  EXPECT_EQ(usgov->tags[0].name, "Microsoft365.13");
}

TEST(Microsoft365File, TheFeedOfAnotherInstanceIsRefused) {
  EXPECT_THAT(
      refusal(kWorldwide, Cloud::china),
      HasSubstr("not the endpoints of the instance China: record 17 with login.partner.microsoftonline.cn is not "
                "there"));
  // a number that both have
  EXPECT_EQ(
      refusal(R"([{"id": 13, "urls": ["*.msauth.cn"]}])", Cloud::usgov),
      "file.json:1:36: not the endpoints of the instance USGovGCCHigh: record 13 with login.microsoftonline.us is "
      "not there");
  EXPECT_THAT(refusal("[]"), HasSubstr("record 56 with login.microsoftonline.com is not there"));
}

TEST(Microsoft365File, HostsThatAreNoPatternAreNoted) {
  const auto file =
      parse(R"([{"id": 56, "urls": ["login.microsoftonline.com", "a.*.example", "192.0.2.1", "x..example"]}])");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->hosts, std::vector{host("login.microsoftonline.com", true)});
  ASSERT_EQ(file->notes.size(), 1U);
  EXPECT_EQ(file->notes[0],
            "record 56: 3 hosts are no host patterns and left out, the first is \"a.*.example\" (a * must be in the "
            "first label)");
}

TEST(Microsoft365File, WhatIsNoPrefixIsNamed) {
  const auto of = [](std::string_view ips) {
    return refusal(R"([{"id": 56, "urls": ["login.microsoftonline.com"], "ips": [)" + std::string(ips) + "]}]");
  };
  EXPECT_EQ(of("\"192.0.2.0/24\""), "");
  EXPECT_THAT(of("\"192.0.2.0/40\""),
              HasSubstr("record 56: expected an address or prefix (the length after / is out of "
                        "range), found \"192.0.2.0/40\""));
  EXPECT_THAT(of("\"192.0.2.0/24\", \"192.0.2.0/24\""), HasSubstr("record 56: 192.0.2.0/24 is there twice"));
  EXPECT_THAT(of("\"192.0.2.0/24\", \"192.0.2.4/30\""), HasSubstr("record 56: 192.0.2.4/30 is also in 192.0.2.0/24"));
  EXPECT_THAT(of("7"), HasSubstr("a host or prefix must be a text"));
}

TEST(Microsoft365File, AnotherShapeIsRefused) {
  EXPECT_EQ(refusal("{}"), "file.json:1:1: the Microsoft 365 endpoints must be an array");
  EXPECT_THAT(refusal("[1]"), HasSubstr("a record must be an object"));
  EXPECT_THAT(refusal("[{}]"), HasSubstr("a record without id"));
  EXPECT_THAT(refusal(R"([{"id": "56"}])"), HasSubstr("id must be a whole number"));
  EXPECT_THAT(refusal(R"([{"id": -1}])"), HasSubstr("id must be a whole number"));
  EXPECT_THAT(refusal(R"([{"id": 1, "id": 2}])"), HasSubstr("the key id is there twice"));
  EXPECT_THAT(refusal(R"([{"id": 56, "urls": "x"}])"), HasSubstr("urls must be an array"));
  EXPECT_THAT(refusal(R"([{"id": 59}, {"id": 59}])"), HasSubstr("record 59 is there twice"));
  EXPECT_THAT(refusal(kWorldwide.substr(0, 200)), HasSubstr("the file ends here, in the middle"));
  EXPECT_THAT(refusal(""), HasSubstr("the file ends here"));
}

TEST(Microsoft365File, OneRecordIsBounded) {
  std::string urls = "\"x.example\"";
  for (std::size_t i = 0; i < kMaxFeedTexts; ++i) urls += ",\"x.example\"";
  EXPECT_THAT(refusal(R"([{"id": 1, "urls": [)" + urls + "]}]"),
              HasSubstr("more than 10000 hosts or prefixes in one record"));
}

}  // namespace
}  // namespace egresswatch::config
