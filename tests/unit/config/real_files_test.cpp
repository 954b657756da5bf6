// SPDX-License-Identifier: Apache-2.0
// The files that Microsoft published, where this machine has them: nothing of them is part of the sources.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "config/microsoft365_file.h"
#include "config/service_tags_file.h"

namespace egresswatch::config {
namespace {

const std::filesystem::path kData = EGRESSWATCH_REAL_FILES;

class RealFiles : public ::testing::Test {
 protected:
  // Skips the test if the file is not there.
  static std::string need(const std::string& name) {
    const std::filesystem::path path = kData / name;
    return std::filesystem::exists(path) ? path.string() : "";
  }
};

struct Counted {
  std::size_t tags = 0;
  std::size_t prefixes = 0;
};

Counted count(const ServiceTagsFile& file, BuiltinService service) {
  Counted counted;
  for (const ServiceTag& tag : file.tags) {
    if (tag.service != id_of(service)) continue;
    ++counted.tags;
    counted.prefixes += tag.prefixes.size();
  }
  return counted;
}

const ServiceTag* find(const ServiceTagsFile& file, std::string_view name) {
  const auto tag = std::ranges::find(file.tags, name, &ServiceTag::name);
  return tag == file.tags.end() ? nullptr : &*tag;
}

struct Expected {
  const char* file;
  Cloud cloud;
  std::uint64_t change_number;
  std::size_t vault_prefixes;     // of the global tag
  std::size_t vault_tags;         // with the regions
  std::size_t entra_prefixes;     // AzureActiveDirectory
  std::size_t endpoint_prefixes;  // AzureActiveDirectory.ServiceEndpoint
  std::size_t arm_prefixes;
  std::size_t arm_tags;
};

class RealTags : public RealFiles, public ::testing::WithParamInterface<Expected> {};

TEST_P(RealTags, AreReadWhole) {
  const Expected& expected = GetParam();
  const std::string path = need(expected.file);
  if (path.empty()) GTEST_SKIP() << expected.file << " is not on this machine";
  const auto file = load_service_tags(path, expected.cloud);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->change_number, expected.change_number);
  for (const auto& [name, prefixes] :
       {std::pair{"AzureKeyVault", expected.vault_prefixes}, std::pair{"AzureActiveDirectory", expected.entra_prefixes},
        std::pair{"AzureActiveDirectory.ServiceEndpoint", expected.endpoint_prefixes},
        std::pair{"AzureResourceManager", expected.arm_prefixes}}) {
    const ServiceTag* const tag = find(*file, name);
    ASSERT_NE(tag, nullptr) << name;
    EXPECT_EQ(tag->prefixes.size(), prefixes) << name;
    EXPECT_EQ(tag->partial, tag->name.find('.') != std::string::npos) << name;
  }
  EXPECT_EQ(count(*file, BuiltinService::key_vault).tags, expected.vault_tags);
  EXPECT_EQ(count(*file, BuiltinService::entra).tags, 2U);
  EXPECT_EQ(count(*file, BuiltinService::arm).tags, expected.arm_tags);
  // the file of another cloud is refused
  for (const Cloud cloud : {Cloud::public_cloud, Cloud::china, Cloud::usgov})
    EXPECT_EQ(load_service_tags(path, cloud).has_value(), cloud == expected.cloud);
}

INSTANTIATE_TEST_SUITE_P(
    Clouds, RealTags,
    ::testing::Values(Expected{"ServiceTags_Public_376.json", Cloud::public_cloud, 376, 713, 70, 216, 1212, 376, 70},
                      Expected{"ServiceTags_AzureGovernment_402.json", Cloud::usgov, 402, 46, 6, 37, 36, 34, 6},
                      Expected{"ServiceTags_China_405.json", Cloud::china, 405, 44, 7, 44, 20, 28, 7}),
    [](const auto& tested) { return std::string(to_string(tested.param.cloud)) + "_cloud"; });

// The records of one instance: the file on this machine has several, with a word on where each comes from.
std::string records_of(const std::string& path, std::string_view provenance) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  const std::string all = text.str();
  const std::size_t at = all.find(provenance);
  const std::size_t begin = all.find("\"records\":[", at);
  const std::size_t end = all.find("}]}", begin);
  if (at == std::string::npos || begin == std::string::npos || end == std::string::npos) return "";
  return all.substr(begin + 10, end + 2 - (begin + 10));
}

TEST_F(RealFiles, Microsoft365Feeds) {
  const std::string path = need("m365_identity_endpoints.json");
  if (path.empty()) GTEST_SKIP() << "m365_identity_endpoints.json is not on this machine";
  struct Feed {
    const char* provenance;
    Cloud cloud;
    std::size_t hosts;
    std::size_t prefixes;
  };
  for (const auto& [provenance, cloud, hosts, prefixes] :
       {Feed{"RAW record", Cloud::public_cloud, 35, 14},
        Feed{"Worldwide version 2023073100", Cloud::public_cloud, 36, 16},
        Feed{"USGovGCCHigh version", Cloud::usgov, 19, 3}, Feed{"China version", Cloud::china, 8, 18}}) {
    Microsoft365Parser parser(provenance, cloud);
    const auto fed = parser.feed(records_of(path, provenance));
    ASSERT_TRUE(fed) << fed.error().message;
    const auto file = parser.finish();
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(file->hosts.size(), hosts) << provenance;
    ASSERT_EQ(file->tags.size(), 1U);
    EXPECT_EQ(file->tags[0].prefixes.size(), prefixes) << provenance;
    EXPECT_TRUE(file->tags[0].partial);
    EXPECT_TRUE(file->notes.empty()) << file->notes[0];
  }
  // what only looks like the feed
  EXPECT_FALSE(load_microsoft365(path, Cloud::public_cloud));
}

}  // namespace
}  // namespace egresswatch::config
