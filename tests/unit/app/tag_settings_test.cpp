// SPDX-License-Identifier: Apache-2.0
// The files that Microsoft publishes, as part of the settings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "app/settings.h"
#include "unit/app/temporary_file.h"

namespace egresswatch::app {
namespace {

using test::TemporaryFile;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kTags = R"({"changeNumber": 9, "cloud": "Public", "values": [
  {"name": "AzureKeyVault", "properties": {"addressPrefixes": ["192.0.2.0/28", "2001:db8::/64"]}},
  {"name": "AzureKeyVault.WestUS", "properties": {"addressPrefixes": ["192.0.2.0/30"]}},
  {"name": "AzureActiveDirectory", "properties": {"addressPrefixes": ["198.51.100.0/24"]}}]})";
constexpr std::string_view kFeed = R"([{"id": 56, "urls": ["login.microsoftonline.com", "becws.microsoftonline.com",
  "no host"], "ips": ["198.51.100.0/25"]}])";

std::string config_with(const TemporaryFile* tags, const TemporaryFile* feed, const std::string& cloud = "public") {
  return "cloud: " + cloud + "\nservice_tags:\n" + (tags ? "  file: " + tags->path() + "\n" : "") +
         (feed ? "  microsoft365: " + feed->path() + "\n" : "");
}

std::string refusal(const std::string& config) {
  const TemporaryFile file(config);
  const auto settings = load_settings(file.path());
  return settings ? "" : settings.error().message;
}

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }

TEST(TagSettings, FilesAreReadAndCompiled) {
  const TemporaryFile tags(kTags);
  const TemporaryFile feed(kFeed);
  const TemporaryFile file(config_with(&tags, &feed));
  const auto settings = load_settings(file.path());
  ASSERT_TRUE(settings) << settings.error().message;
  const classify::Classifier& classifier = *settings->classifier;
  EXPECT_EQ(classifier.by_service_tag(address("192.0.2.1")),
            (classify::TagMatch{id_of(BuiltinService::key_vault), "AzureKeyVault.WestUS"}));
  EXPECT_EQ(classifier.by_service_tag(address("198.51.100.1")),
            (classify::TagMatch{id_of(BuiltinService::entra), "Microsoft365.56"}));
  EXPECT_EQ(classifier.by_name("becws.microsoftonline.com", 443).service, id_of(BuiltinService::entra));
  EXPECT_THAT(settings->notes,
              ElementsAre(tags.path() + ": service tags of change 9, 4 prefixes in 3 tags",
                          feed.path() + ": Microsoft 365 endpoints, 2 hosts of Entra, 1 prefixes in 1 tags",
                          HasSubstr("record 56: 1 hosts are no host patterns and left out, the first is \"no host\"")));
  EXPECT_THAT(watched_files(settings->config), ElementsAre(tags.path(), feed.path()));
}

TEST(TagSettings, WithoutFilesNothingIsSaid) {
  const TemporaryFile file("service_tags: {file: \"\"}\n");
  const auto settings = load_settings(file.path());
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_THAT(settings->notes, IsEmpty());
  EXPECT_THAT(watched_files(settings->config), IsEmpty());
  EXPECT_EQ(settings->classifier->by_service_tag(address("192.0.2.1")), classify::TagMatch{});
}

TEST(TagSettings, TheFeedAloneLeavesNobodyOutside) {
  const TemporaryFile feed(kFeed);
  const TemporaryFile file(config_with(nullptr, &feed));
  const auto settings = load_settings(file.path());
  ASSERT_TRUE(settings) << settings.error().message;
  const classify::Classifier& classifier = *settings->classifier;
  EXPECT_EQ(classifier.by_service_tag(address("198.51.100.1")).service, id_of(BuiltinService::entra));
  EXPECT_FALSE(
      classifier.outside_service_tag(classifier.by_name("login.microsoftonline.com", 443), address("203.0.113.1")));
}

TEST(TagSettings, ABrokenFileRefusesAllOfThem) {
  const TemporaryFile tags(kTags);
  const TemporaryFile feed(kFeed);
  const TemporaryFile broken(kTags.substr(0, 100));
  EXPECT_EQ(refusal(config_with(&broken, &feed)),
            broken.path() + ":2:50: the file ends here, in the middle: a download that was cut short?");
  EXPECT_THAT(refusal(config_with(&tags, &broken)),
              HasSubstr(broken.path() + ":1:1: the Microsoft 365 endpoints must be"));
  EXPECT_THAT(refusal(config_with(&tags, &feed, "usgov")),
              HasSubstr(tags.path() + ":1:37: this is the file of the cloud public, but the configuration says usgov"));
  EXPECT_EQ(refusal("service_tags: {file: /nonexistent/tags.json}\n"),
            "/nonexistent/tags.json: cannot be opened: No such file or directory");
  EXPECT_EQ(refusal("service_tags: {microsoft365: /dev/null}\n"), "/dev/null: is not a regular file");
}

TEST(TagSettings, FilesThatContradictEachOtherAreRefused) {
  const TemporaryFile tags(kTags);
  const TemporaryFile feed(R"([{"id": 56, "urls": ["login.microsoftonline.com"], "ips": ["192.0.2.0/24"]}])");
  EXPECT_EQ(
      refusal(config_with(&tags, &feed)),
      "service tag AzureKeyVault: 192.0.2.0/28 is also in 192.0.2.0/24 of Microsoft365.56, which stands for another "
      "service");
}

}  // namespace
}  // namespace egresswatch::app
