// SPDX-License-Identifier: Apache-2.0
#include "classify/tag_table.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <random>
#include <string_view>

namespace egresswatch::classify {
namespace {

constexpr ServiceId kKeyVault = id_of(BuiltinService::key_vault);
constexpr ServiceId kEntra = id_of(BuiltinService::entra);

ServiceTag tag(std::string name, ServiceId service, std::initializer_list<std::string_view> prefixes) {
  ServiceTag made{std::move(name), service, {}};
  for (const std::string_view prefix : prefixes) made.prefixes.push_back(IpPrefix::parse(prefix).value());
  return made;
}

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }

TagTable table(const std::vector<ServiceTag>& tags) {
  auto made = TagTable::make(tags);
  EXPECT_TRUE(made) << made.error().message;
  return made ? std::move(*made) : std::move(*TagTable::make({}));
}

std::string refusal(const std::vector<ServiceTag>& tags) {
  const auto made = TagTable::make(tags);
  return made ? "" : made.error().message;
}

TEST(TagTable, WithoutTagsNothingIsKnown) {
  const TagTable none = table({});
  EXPECT_EQ(none.find(address("192.0.2.1")), TagMatch{});
  for (ServiceId service = 0; service < kFirstUserService + 2; ++service) EXPECT_FALSE(none.covers(service)) << service;
}

TEST(TagTable, TheLongestPrefixDecides) {
  const TagTable tags = table({tag("Wide", kEntra, {"192.0.2.0/24", "2001:db8::/32"}),
                               tag("Narrow", kEntra, {"192.0.2.64/26", "2001:db8:1::/48"}),
                               tag("Vault", kKeyVault, {"198.51.100.4/30"})});
  EXPECT_EQ(tags.find(address("192.0.2.63")), (TagMatch{kEntra, "Wide"}));
  EXPECT_EQ(tags.find(address("192.0.2.64")), (TagMatch{kEntra, "Narrow"}));
  EXPECT_EQ(tags.find(address("192.0.2.128")), (TagMatch{kEntra, "Wide"}));
  EXPECT_EQ(tags.find(address("192.0.3.0")), TagMatch{});
  EXPECT_EQ(tags.find(address("198.51.100.3")), TagMatch{});
  EXPECT_EQ(tags.find(address("198.51.100.4")), (TagMatch{kKeyVault, "Vault"}));
  EXPECT_EQ(tags.find(address("::ffff:198.51.100.7")), (TagMatch{kKeyVault, "Vault"}));
  EXPECT_EQ(tags.find(address("198.51.100.8")), TagMatch{});
  EXPECT_EQ(tags.find(address("2001:db8:1:2::3")), (TagMatch{kEntra, "Narrow"}));
  EXPECT_EQ(tags.find(address("2001:db8:2::3")), (TagMatch{kEntra, "Wide"}));
  EXPECT_EQ(tags.find(address("2001:db9::")), TagMatch{});
}

TEST(TagTable, TheRegionIsToldWhereTheGlobalTagHasTheSamePrefix) {
  const ServiceTag global = tag("AzureKeyVault", kKeyVault, {"192.0.2.0/30", "192.0.2.8/30"});
  const ServiceTag region = tag("AzureKeyVault.WestUS", kKeyVault, {"192.0.2.8/30"});
  for (const auto& tags : {table({global, region}), table({region, global})}) {
    EXPECT_EQ(tags.find(address("192.0.2.1")).tag, "AzureKeyVault");
    EXPECT_EQ(tags.find(address("192.0.2.9")).tag, "AzureKeyVault.WestUS");
  }
}

TEST(TagTable, OnlyATagWithAllAddressesCoversItsService) {
  ServiceTag part = tag("AzureKeyVault.WestUS", kKeyVault, {"192.0.2.0/30"});
  part.partial = true;
  const TagTable partial = table({part, tag("Empty", kEntra, {})});
  EXPECT_FALSE(partial.covers(kKeyVault));
  EXPECT_FALSE(partial.covers(kEntra));
  EXPECT_EQ(partial.find(address("192.0.2.1")).service, kKeyVault);
  const TagTable whole = table({part, tag("AzureKeyVault", kKeyVault, {"192.0.2.0/28"})});
  EXPECT_TRUE(whole.covers(kKeyVault));
  EXPECT_FALSE(whole.covers(kEntra));
  EXPECT_FALSE(whole.covers(kOtherService));
}

TEST(TagTable, OneAddressCannotBelongToTwoServices) {
  const ServiceTag vault = tag("AzureKeyVault", kKeyVault, {"192.0.2.8/30"});
  EXPECT_EQ(refusal({vault, tag("AzureActiveDirectory", kEntra, {"192.0.2.8/30"})}),
            "service tag AzureActiveDirectory: 192.0.2.8/30 is also in 192.0.2.8/30 of AzureKeyVault, which stands for "
            "another service");
  EXPECT_EQ(refusal({vault, tag("AzureActiveDirectory", kEntra, {"192.0.2.0/24"})}),
            "service tag AzureKeyVault: 192.0.2.8/30 is also in 192.0.2.0/24 of AzureActiveDirectory, which stands for "
            "another service");
  EXPECT_EQ(refusal({tag("Stray", kFirstUserService, {})}),
            "service tag Stray stands for a service that is not built in");
  EXPECT_EQ(refusal({tag("Stray", kOtherService, {})}), "service tag Stray stands for a service that is not built in");
}

TEST(TagTable, GivesWhatTryingEveryPrefixGives) {
  std::mt19937 random(5);
  const auto random_address = [&] {
    IpAddress made = random() % 2 == 0 ? IpAddress::v4(10, 0, 0, 0) : address("2001:db8::");
    for (std::size_t at = 13; at < 16; ++at) made.bytes[at] = static_cast<std::uint8_t>(0x55U * (random() % 4));
    return made;
  };
  std::vector<ServiceTag> tags;
  for (int i = 0; i < 100; ++i) {
    const unsigned length = 112 + static_cast<unsigned>(random() % 17);
    const IpPrefix prefix{IpPrefix::mask(random_address(), length), static_cast<std::uint8_t>(length)};
    tags.push_back({std::to_string(1000 + i), kEntra, {prefix}});
  }
  const TagTable compiled = table(tags);
  std::size_t found = 0;
  for (int i = 0; i < 10'000; ++i) {
    const IpAddress wanted = random_address();
    const ServiceTag* best = nullptr;
    for (const ServiceTag& t : tags)
      if (t.prefixes[0].covers(wanted) && (!best || t.prefixes[0].length > best->prefixes[0].length)) best = &t;
    EXPECT_EQ(compiled.find(wanted).tag, best ? best->name : "") << wanted.to_string();
    found += best != nullptr;
  }
  EXPECT_GT(found, 1'000U);
  EXPECT_LT(found, 9'900U);
}

}  // namespace
}  // namespace egresswatch::classify
