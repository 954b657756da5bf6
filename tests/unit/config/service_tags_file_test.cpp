// SPDX-License-Identifier: Apache-2.0
#include "config/service_tags_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "parse_published.h"

namespace egresswatch::config {
namespace {

using ::testing::HasSubstr;

Result<ServiceTagsFile> parse(std::string_view text, Cloud cloud = Cloud::public_cloud, std::size_t piece = SIZE_MAX) {
  return parse_published<ServiceTagsParser>(text, cloud, piece);
}

std::string refusal(std::string_view text, Cloud cloud = Cloud::public_cloud) {
  return refusal_of<ServiceTagsParser>(text, cloud);
}

std::string tag(std::string_view name, std::string_view prefixes) {
  return R"({"name": ")" + std::string(name) + R"(", "id": ")" + std::string(name) +
         R"(", "properties": {"changeNumber": 1, "region": "", "regionId": 0, "platform": "Azure",)"
         R"( "systemService": "", "addressPrefixes": [)" +
         std::string(prefixes) + R"(], "networkFeatures": null}})";
}

std::string file_of(std::string_view tags, std::string_view cloud = "Public") {
  return R"({"changeNumber": 7, "cloud": ")" + std::string(cloud) + "\",\n\"values\": [\n" + std::string(tags) + "\n]}";
}

IpPrefix prefix(std::string_view text) { return IpPrefix::parse(text).value(); }

constexpr std::string_view kVault = R"("192.0.2.8/30", "2001:db8::8/126")";

TEST(ServiceTagsFile, TagsOfKnownServicesAreKept) {
  const auto file = parse(file_of(tag("ActionGroup", "\"198.51.100.0/24\"") + ",\n" + tag("AzureKeyVault", kVault) +
                                  ",\n" + tag("AzureKeyVault.WestUS", "\"192.0.2.8/30\"") + ",\n" +
                                  tag("AzureKeyVaults", "\"203.0.113.0/24\"") + ",\n" +
                                  tag("AzureActiveDirectory.ServiceEndpoint", "\"203.0.113.1\"") + ",\n" +
                                  tag("AzureActiveDirectoryDomainServices", "\"203.0.113.8/30\"") + ",\n" +
                                  tag("AzureResourceManager", "\"203.0.113.64/26\"")));
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->change_number, 7U);
  ASSERT_EQ(file->tags.size(), 4U);
  EXPECT_EQ(file->tags[0], (ServiceTag{"AzureKeyVault",
                                       id_of(BuiltinService::key_vault),
                                       {prefix("192.0.2.8/30"), prefix("2001:db8::8/126")},
                                       false}));
  EXPECT_EQ(file->tags[1],
            (ServiceTag{"AzureKeyVault.WestUS", id_of(BuiltinService::key_vault), {prefix("192.0.2.8/30")}, true}));
  EXPECT_EQ(
      file->tags[2],
      (ServiceTag{
          "AzureActiveDirectory.ServiceEndpoint", id_of(BuiltinService::entra), {prefix("203.0.113.1/32")}, true}));
  EXPECT_EQ(file->tags[3],
            (ServiceTag{"AzureResourceManager", id_of(BuiltinService::arm), {prefix("203.0.113.64/26")}, false}));
}

TEST(ServiceTagsFile, TheCloudIsThatOfTheConfiguration) {
  const std::string vault = tag("AzureKeyVault", kVault);
  EXPECT_EQ(refusal(file_of(vault, "Public")), "");
  EXPECT_EQ(refusal(file_of(vault, "AzureGovernment"), Cloud::usgov), "");
  EXPECT_EQ(refusal(file_of(vault, "China"), Cloud::china), "");
  EXPECT_EQ(refusal(file_of(vault, "China")),
            "file.json:1:36: this is the file of the cloud china, but the configuration says public");
  EXPECT_EQ(refusal(file_of(vault), Cloud::usgov),
            "file.json:1:37: this is the file of the cloud public, but the configuration says usgov");
  EXPECT_THAT(refusal(file_of(vault, "AzureGermany")),
              HasSubstr("unknown cloud \"AzureGermany\", expected Public, AzureGovernment or China"));
  EXPECT_THAT(refusal(file_of(vault, "")), HasSubstr("unknown cloud \"\""));
}

TEST(ServiceTagsFile, TheOrderOfKeysDoesNotMatter) {
  const auto file = parse(
      R"({"values": [{"properties": {"addressPrefixes": ["192.0.2.8/30"]}, "name": "AzureKeyVault"}], "cloud": "Public"})");
  ASSERT_TRUE(file) << file.error().message;
  ASSERT_EQ(file->tags.size(), 1U);
  EXPECT_EQ(file->tags[0].prefixes, std::vector{prefix("192.0.2.8/30")});
  EXPECT_EQ(file->change_number, 0U);
  EXPECT_THAT(
      refusal(R"({"values": [{"properties": {"addressPrefixes": ["192.0.2.8/33"]}, "name": "AzureKeyVault"}]})"),
      HasSubstr("tag \"AzureKeyVault\": expected an address or prefix"));
  EXPECT_EQ(refusal(R"({"values": [{"properties": {"addressPrefixes": ["x"]}, "name": "Sql"}, )" +
                    tag("AzureKeyVault", kVault) + R"(], "cloud": "Public"})"),
            "");
}

TEST(ServiceTagsFile, AByteOrderMarkIsSkipped) {
  const std::string text = "\xEF\xBB\xBF" + file_of(tag("AzureKeyVault", kVault));
  EXPECT_EQ(refusal(text), "");
  EXPECT_TRUE(parse(text, Cloud::public_cloud, 1));
  EXPECT_EQ(refusal("\xEF\xBB" + file_of(tag("AzureKeyVault", kVault))), "file.json:1:1: not valid JSON");
  EXPECT_THAT(refusal("\xEF\xBB\xBF"), HasSubstr("the file ends here"));
}

TEST(ServiceTagsFile, HoweverItIsCutTheResultIsTheSame) {
  const std::string good = file_of(tag("Sql", "\"203.0.113.0/24\"") + ",\n" + tag("AzureKeyVault", kVault));
  const std::string bad = file_of(tag("AzureKeyVault", "\"192.0.2.8/30\",\n  \"192.0.2.300/30\""));
  for (std::size_t piece = 1; piece < 80; ++piece) {
    const auto file = parse(good, Cloud::public_cloud, piece);
    ASSERT_TRUE(file) << piece << ": " << file.error().message;
    EXPECT_EQ(*file, *parse(good));
    const auto refused = parse(bad, Cloud::public_cloud, piece);
    ASSERT_FALSE(refused) << piece;
    EXPECT_THAT(refused.error().message, HasSubstr("file.json:4:"));
    EXPECT_THAT(refused.error().message, HasSubstr("found \"192.0.2.300/30\""));
  }
}

TEST(ServiceTagsFile, WhatIsNoPrefixIsNamedWithItsTagAndPlace) {
  const auto of = [](std::string_view text) { return refusal(file_of(tag("AzureKeyVault.WestUS", text))); };
  EXPECT_EQ(of("\n\"192.0.2.8/30\",\n\"192.0.2.8/33\""),
            "file.json:5:14: tag \"AzureKeyVault.WestUS\": expected an address or prefix (the length after / is out of "
            "range), found \"192.0.2.8/33\"");
  EXPECT_THAT(of("\"192.0.2.9/30\""), HasSubstr("(bits after the length are set), found \"192.0.2.9/30\""));
  EXPECT_THAT(of("\"192.0.2.256/32\""), HasSubstr("(write it as 192.0.2.0/24 or 2001:db8::/32)"));
  EXPECT_THAT(of("\"2001:db8::/129\""), HasSubstr("(the length after / is out of range)"));
  EXPECT_THAT(of("\"vault.azure.net\""), HasSubstr("found \"vault.azure.net\""));
  EXPECT_THAT(of("\"\""), HasSubstr("found \"\""));
  EXPECT_THAT(of("\"\\u001b[31m\""), HasSubstr("found \"\\x1b[31m\""));
  EXPECT_THAT(of("12"), HasSubstr("tag \"AzureKeyVault.WestUS\": expected an address or prefix as text"));
  EXPECT_THAT(of("null"), HasSubstr("expected an address or prefix as text"));
  EXPECT_THAT(of("[\"192.0.2.8/30\"]"), HasSubstr("expected an address or prefix as text"));
  for (const char* wide : {"\"0.0.0.0/0\"", "\"64.0.0.0/7\"", "\"::/0\"", "\"2000::/3\"", "\"::ffff:0:0/95\""})
    EXPECT_NE(of(wide), "") << wide;
  EXPECT_THAT(of("\"0.0.0.0/0\""), HasSubstr("(shorter than /8, or /16 for IPv6: no service has that much)"));
}

TEST(ServiceTagsFile, APrefixIsInATagOnlyOnce) {
  EXPECT_THAT(refusal(file_of(tag("AzureKeyVault", R"("192.0.2.8/30", "192.0.2.0/30", "192.0.2.8/30")"))),
              HasSubstr("tag \"AzureKeyVault\": 192.0.2.8/30 is there twice"));
  EXPECT_THAT(refusal(file_of(tag("AzureKeyVault", R"("192.0.2.8/30", "192.0.2.0/24", "192.0.3.0/24")"))),
              HasSubstr("tag \"AzureKeyVault\": 192.0.2.8/30 is also in 192.0.2.0/24"));
  // another tag of the service may have it, too; that it is another service's is found when tags are compiled
  EXPECT_EQ(refusal(file_of(tag("AzureKeyVault", kVault) + "," + tag("AzureKeyVault.WestUS", kVault))), "");
}

TEST(ServiceTagsFile, ATagIsThereOnlyOnce) {
  EXPECT_THAT(refusal(file_of(tag("AzureKeyVault", kVault) + ",\n" + tag("AzureKeyVault", "\"198.51.100.0/30\""))),
              HasSubstr("file.json:4:"));
  EXPECT_THAT(refusal(file_of(tag("AzureKeyVault", kVault) + ",\n" + tag("AzureKeyVault", "\"198.51.100.0/30\""))),
              HasSubstr("tag \"AzureKeyVault\": it is there twice"));
}

TEST(ServiceTagsFile, AFileWithoutAKnownTagIsOfNoUse) {
  EXPECT_THAT(refusal(file_of(tag("Sql", "\"192.0.2.0/24\""))), HasSubstr("no tag of a known service"));
  EXPECT_THAT(refusal(file_of("")), HasSubstr("no tag of a known service"));
}

TEST(ServiceTagsFile, WhatIsNoJsonIsToldWithItsPlace) {
  EXPECT_EQ(refusal("<!DOCTYPE html>\n<html>"), "file.json:1:1: not valid JSON");
  EXPECT_EQ(refusal("{\n  \"cloud\": Public"), "file.json:2:12: not valid JSON");
  EXPECT_THAT(refusal(file_of(tag("AzureKeyVault", kVault)) + "\n{}"),
              HasSubstr("file.json:5:1: something follows behind the end of the JSON"));
  EXPECT_EQ(refusal(file_of(tag("AzureKeyVault", kVault)) + "\n\n  \n"), "");
  EXPECT_NE(refusal("{\"cloud\": \"Pub\xff\"}"), "");
}

TEST(ServiceTagsFile, ATruncatedFileIsRefusedWhereverItEnds) {
  const std::string text = file_of(tag("AzureKeyVault", kVault));
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_THAT(refusal(std::string_view(text).substr(0, size)),
                HasSubstr("the file ends here, in the middle: a download that was cut short?"))
        << size;
}

TEST(ServiceTagsFile, AnotherShapeIsRefused) {
  EXPECT_EQ(refusal("[]"), "file.json:1:1: a Service Tags file must be an object");
  EXPECT_THAT(refusal("{}"), HasSubstr("no Service Tags file: expected the keys cloud and values"));
  EXPECT_THAT(refusal(R"({"values": []})"), HasSubstr("expected the keys cloud and values"));
  EXPECT_THAT(refusal(R"({"cloud": "Public"})"), HasSubstr("expected the keys cloud and values"));
  EXPECT_THAT(refusal(R"({"cloud": 3})"), HasSubstr("cloud must be a text"));
  EXPECT_THAT(refusal(R"({"values": {}})"), HasSubstr("values must be an array"));
  EXPECT_THAT(refusal(R"({"values": [3]})"), HasSubstr("a tag must be an object"));
  EXPECT_THAT(refusal(R"({"values": [{}]})"), HasSubstr("a tag without name"));
  EXPECT_THAT(refusal(R"({"values": [{"name": null}]})"), HasSubstr("name must be a text"));
  EXPECT_THAT(refusal(R"({"values": [{"name": "AzureKeyVault", "properties": []}]})"),
              HasSubstr("properties must be an object"));
  EXPECT_THAT(refusal(R"({"values": [{"name": "AzureKeyVault", "properties": {"addressPrefixes": {}}}]})"),
              HasSubstr("addressPrefixes must be an array"));
  EXPECT_THAT(refusal(R"({"values": [{"name": "AzureKeyVault", "properties": {}}]})"),
              HasSubstr("tag \"AzureKeyVault\": no addressPrefixes"));
  EXPECT_THAT(refusal(R"({"cloud": "Public", "cloud": "Public"})"), HasSubstr("the key cloud is there twice"));
  EXPECT_THAT(refusal(R"({"values": [{"name": "A", "name": "B"}]})"), HasSubstr("the key name is there twice"));
}

TEST(ServiceTagsFile, DepthAndLengthsAreBounded) {
  EXPECT_THAT(refusal(R"({"x": )" + std::string(20, '[')), HasSubstr("nested more than 16 levels deep"));
  EXPECT_NE(refusal(std::string(1'000'000, '[')), "");
  EXPECT_THAT(refusal("{\"x\": \"" + std::string(70'000, 'a') + "\"}"), HasSubstr("a text of more than 65536 bytes"));
  EXPECT_THAT(refusal("{\"" + std::string(300, 'a') + "\": 1}"), HasSubstr("a key of more than 256 bytes"));
}

TEST(ServiceTagsFile, TagsAndPrefixesAreCounted) {
  std::string tags;
  for (std::size_t i = 0; i <= kMaxTags; ++i) tags += "{\"name\": \"x\"},\n";
  EXPECT_THAT(refusal(file_of(tags)), HasSubstr("more than 20000 tags"));
}

}  // namespace
}  // namespace egresswatch::config
