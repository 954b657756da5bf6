// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config.h"

namespace egresswatch::config {
namespace {

using ::testing::HasSubstr;

std::string problems_of_catalog(std::string_view text) {
  const auto catalog = parse_catalog(text, "catalog.yaml");
  return catalog ? "" : catalog.error().message;
}

TEST(CatalogFile, GroupsGiveTheirEndpointsWhatTheyHaveInCommon) {
  const auto catalog = parse_catalog(R"(
groups:
  - service: entra
    function: authentication
    cloud: china
    ports: [443]
    endpoints:
      - {host: login.chinacloudapi.cn, source: firewall-page, note: "a, b"}
      - {host: "*.auth.microsoft.cn", ports: [443, 80], legacy: true, replaced_by: b.example,
         cname_target: true, shared: true}
  - service: imds
    function: platform
    cloud: all
    ports: [80]
    endpoints:
      - {address: 169.254.169.254}
)",
                                     "catalog.yaml");
  ASSERT_TRUE(catalog) << catalog.error().message;
  ASSERT_EQ(catalog->entries.size(), 3U);
  const CatalogEntry& first = catalog->entries[0];
  EXPECT_EQ(std::get<HostPattern>(first.target).to_string(), "login.chinacloudapi.cn");
  EXPECT_EQ(first.service, id_of(BuiltinService::entra));
  EXPECT_EQ(first.function, Function::authentication);
  EXPECT_EQ(first.cloud, Cloud::china);
  EXPECT_EQ(first.ports, Ports{443});
  EXPECT_EQ(first.source, "firewall-page");
  EXPECT_EQ(first.note, "a, b");
  EXPECT_EQ(first.replaced_by, "");
  EXPECT_FALSE(first.legacy || first.cname_target || first.shared);
  const CatalogEntry& second = catalog->entries[1];
  EXPECT_EQ(second.ports, (Ports{443, 80}));
  EXPECT_EQ(second.replaced_by, "b.example");
  EXPECT_TRUE(second.legacy && second.cname_target && second.shared);
  const CatalogEntry& third = catalog->entries[2];
  EXPECT_EQ(std::get<IpPrefix>(third.target).to_string(), "169.254.169.254");
  EXPECT_EQ(third.cloud, Cloud::all);
}

TEST(CatalogFile, ProblemsNameLineAndKey) {
  EXPECT_EQ(problems_of_catalog(""), "catalog.yaml:1: groups: missing");
  EXPECT_EQ(problems_of_catalog("groups:\n  - service: other\n    function: none\n    cloud: mars\n"),
            "catalog.yaml:2: groups[0].service: expected one of key_vault, managed_hsm, entra, arm, graph, revocation, "
            "imds, wireserver, found \"other\"\n"
            "catalog.yaml:2: groups[0].ports: missing\n"
            "catalog.yaml:2: groups[0].endpoints: missing\n"
            "catalog.yaml:3: groups[0].function: expected one of authentication, management, graph, vault_operations, "
            "revocation, platform, found \"none\"\n"
            "catalog.yaml:4: groups[0].cloud: expected one of all, public, china, usgov, found \"mars\"");
}

TEST(CatalogFile, AnEndpointIsEitherAHostOrAnAddress) {
  const auto with = [](std::string_view endpoint) {
    return problems_of_catalog("groups: [{service: arm, function: management, cloud: all, ports: [1], endpoints: [" +
                               std::string(endpoint) + "]}]");
  };
  EXPECT_EQ(with("{host: a.example}"), "");
  EXPECT_THAT(with("{ports: [1]}"), HasSubstr("groups[0].endpoints[0]: expected either host or address"));
  EXPECT_THAT(with("{host: a.example, address: 192.0.2.1}"), HasSubstr("expected either host or address"));
  EXPECT_THAT(with("{host: a.example, legacy: yes}"), HasSubstr("legacy: expected one of false, true, found \"yes\""));
  EXPECT_THAT(with("{host: a.example, lagacy: true}"), HasSubstr("lagacy: unknown key, did you mean legacy?"));
  EXPECT_THAT(with("{host: 192.0.2.1}"), HasSubstr("expected a host pattern (it is an address)"));
  EXPECT_THAT(with("a.example"), HasSubstr("expected a mapping of keys to values"));
}

}  // namespace
}  // namespace egresswatch::config
