// SPDX-License-Identifier: Apache-2.0
// What Microsoft's own Service Tags say of addresses that were seen, where this machine has the files.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "builtin_catalog.h"
#include "config/service_tags_file.h"

namespace egresswatch::classify {
namespace {

struct File {
  const char* name;
  Cloud cloud;
};

constexpr File kPublic{"ServiceTags_Public_376.json", Cloud::public_cloud};
constexpr File kUsGov{"ServiceTags_AzureGovernment_402.json", Cloud::usgov};
constexpr File kChina{"ServiceTags_China_405.json", Cloud::china};

class RealTags : public ::testing::TestWithParam<File> {
 protected:
  void SetUp() override { path_ = std::filesystem::path(EGRESSWATCH_REAL_FILES) / GetParam().name; }

  [[nodiscard]] bool present() const { return std::filesystem::exists(path_); }
  [[nodiscard]] std::vector<ServiceTag> tags() const {
    auto file = config::load_service_tags(path_.string(), GetParam().cloud);
    EXPECT_TRUE(file) << file.error().message;
    return file ? std::move(file->tags) : std::vector<ServiceTag>{};
  }

 private:
  std::filesystem::path path_;
};

// Compiling refuses what two services share: the real files keep Key Vault, Entra and Resource Manager apart.
TEST_P(RealTags, EveryPrefixHasTheServiceOfItsTag) {
  if (!present()) GTEST_SKIP() << GetParam().name << " is not on this machine";
  ServiceTags all;
  all.tags = tags();
  const Classifier classifier = compiled(builtin_catalog(), options_for(GetParam().cloud), all);
  for (const ServiceTag& tag : all.tags)
    for (const IpPrefix& prefix : tag.prefixes)
      EXPECT_EQ(classifier.by_service_tag(prefix.address).service, tag.service) << tag.name;
}

INSTANTIATE_TEST_SUITE_P(Clouds, RealTags, ::testing::Values(kPublic, kUsGov, kChina),
                         [](const auto& tested) { return std::string(to_string(tested.param.cloud)) + "_cloud"; });

class PublicTags : public RealTags {};

TEST_P(PublicTags, AddressesThatWereSeen) {
  if (!present()) GTEST_SKIP() << GetParam().name << " is not on this machine";
  ServiceTags all;
  all.tags = tags();
  const Classifier classifier = compiled(builtin_catalog(), {}, all);
  const auto tag_of = [&](std::string_view text) { return classifier.by_service_tag(IpAddress::parse(text).value()); };
  // vaults in 2026, eight months after the file
  for (const char* vault : {"20.205.192.64", "13.67.8.104", "40.78.239.124"})
    EXPECT_EQ(tag_of(vault), (TagMatch{id_of(BuiltinService::key_vault), "AzureKeyVault.SoutheastAsia"})) << vault;
  for (const char* entra : {"20.190.151.67", "40.126.32.134", "2603:1027:1:d8::9"})
    EXPECT_EQ(tag_of(entra).service, id_of(BuiltinService::entra)) << entra;
  EXPECT_EQ(tag_of("40.71.13.226"), (TagMatch{id_of(BuiltinService::arm), "AzureResourceManager.EastUS"}));
  // an address of the documentation, which only AzureCloud has: not known, and nothing worse
  EXPECT_EQ(tag_of("52.168.109.101"), TagMatch{});

  const Match vault = classifier.by_name("fabrikam.vault.azure.net", 443);
  EXPECT_FALSE(classifier.outside_service_tag(vault, IpAddress::parse("20.205.192.64").value()));
  EXPECT_TRUE(classifier.outside_service_tag(vault, IpAddress::parse("20.190.151.67").value()));
  EXPECT_TRUE(classifier.outside_service_tag(vault, IpAddress::parse("52.168.109.101").value()));
  EXPECT_FALSE(classifier.outside_service_tag(vault, IpAddress::parse("10.1.2.3").value()));
}

INSTANTIATE_TEST_SUITE_P(Clouds, PublicTags, ::testing::Values(kPublic));

}  // namespace
}  // namespace egresswatch::classify
