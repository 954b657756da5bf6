// SPDX-License-Identifier: Apache-2.0
// A new configuration in a running pipeline.
#include "unit/app/pipeline_fixture.h"

namespace egresswatch::test {
namespace {

std::shared_ptr<const classify::Classifier> of_cloud(Cloud cloud) {
  ClassifyOptions options;
  options.cloud = cloud;
  return compile(options);
}

std::shared_ptr<const classify::Classifier> with_service(const ServiceDefinition& service) {
  ClassifyOptions options;
  options.services.push_back(service);
  return compile(options);
}

class ReloadTest : public PipelineTest {
 protected:
  static constexpr std::string_view kGovVault = "fabrikam.vault.usgovcloudapi.net";

  bool has_service(std::string_view service) {
    for (const auto& row : snapshot().connections)
      if (row.service == service) return true;
    return false;
  }
};

TEST_F(ReloadTest, ServicesOfTheCatalogExistAtZeroFromTheStart) {
  for (const std::string_view service :
       {"key_vault", "managed_hsm", "entra", "arm", "graph", "revocation", "imds", "wireserver", "other"})
    EXPECT_TRUE(has_service(service)) << service;
  EXPECT_EQ(totals(), Totals{});
}

TEST_F(ReloadTest, ClassifiesByTheNewCloudFromThenOn) {
  resolve(kGovVault, {"203.0.113.1"});
  connect({.id = 1});
  pipeline().set_rules({of_cloud(Cloud::usgov)});
  connect({.id = 2});
  EXPECT_EQ(attempts("other", "other"), 1U);
  EXPECT_EQ(attempts("key_vault", kGovVault), 1U);
}

TEST_F(ReloadTest, CountersAndGaugesStay) {
  resolve(kVault, {"203.0.113.1"});
  open({.id = 1});
  const Totals before = totals();
  pipeline().set_rules({of_cloud(Cloud::usgov)});
  EXPECT_EQ(totals(), before);
  EXPECT_EQ(attempts("key_vault", kVault), 1U);
}

TEST_F(ReloadTest, OpenConnectionEndsUnderTheLabelsItBeganWith) {
  resolve(kVault, {"203.0.113.1"});
  open({.id = 1});
  pipeline().set_rules({of_cloud(Cloud::usgov)});
  close({.id = 1});
  EXPECT_EQ(open_connections("key_vault", kVault), 0U);
  EXPECT_EQ(totals().open, 0U);
}

TEST_F(ReloadTest, ServiceOfTheUserAppearsAtZeroAndIsUsed) {
  ServiceDefinition proxy;
  proxy.name = "proxy";
  proxy.addresses = {{IpAddress::v4(203, 0, 113, 0), 120}};
  proxy.ports = {3128};
  pipeline().set_rules({with_service(proxy)});
  EXPECT_TRUE(has_service("proxy"));
  connect({.port = 3128});
  connect({.id = 2, .port = 443});
  EXPECT_EQ(attempts("proxy", "proxy"), 1U);
  EXPECT_EQ(attempts("other", "other"), 1U);
}

TEST_F(ReloadTest, ServiceThatIsTakenAwayKeepsItsCounters) {
  ServiceDefinition proxy;
  proxy.name = "proxy";
  proxy.addresses = {{IpAddress::v4(203, 0, 113, 1), 128}};
  pipeline().set_rules({with_service(proxy)});
  connect({.id = 1});
  pipeline().set_rules({compile()});
  connect({.id = 2});
  EXPECT_EQ(attempts("proxy", "proxy"), 1U);
  EXPECT_EQ(attempts("other", "other"), 1U);
}

}  // namespace
}  // namespace egresswatch::test
