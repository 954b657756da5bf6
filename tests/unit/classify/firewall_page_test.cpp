// SPDX-License-Identifier: Apache-2.0
// Every row of Microsoft's page "Access Azure Key Vault behind a firewall" (2024-01-30), in each cloud that it names.
#include <gtest/gtest.h>

#include <ostream>

#include "builtin_catalog.h"

namespace egresswatch::classify {
namespace {

struct Row {
  std::string_view name;  // section, row and cloud of the page
  Cloud cloud;
  std::string_view host;
  std::uint16_t port;
  BuiltinService service;
  Function function;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name << " " << row.host << ":" << row.port; }

constexpr Cloud kGlobal = Cloud::public_cloud;
constexpr Cloud kChina = Cloud::china;
constexpr Cloud kUsGov = Cloud::usgov;
constexpr BuiltinService kEntra = BuiltinService::entra;
constexpr BuiltinService kArm = BuiltinService::arm;
constexpr BuiltinService kGraph = BuiltinService::graph;
constexpr BuiltinService kVault = BuiltinService::key_vault;
constexpr Function kAuthentication = Function::authentication;
constexpr Function kManagement = Function::management;
constexpr Function kVaultOperations = Function::vault_operations;

constexpr Row kRows[] = {
    // Authentication: user using a Microsoft account (for example, user@hotmail.com)
    {"MicrosoftAccountGlobal", kGlobal, "login.microsoftonline.com", 443, kEntra, kAuthentication},
    {"MicrosoftAccountChina", kChina, "login.chinacloudapi.cn", 443, kEntra, kAuthentication},
    {"MicrosoftAccountUsGov", kUsGov, "login.microsoftonline.us", 443, kEntra, kAuthentication},
    {"MicrosoftAccountLiveGlobal", kGlobal, "login.live.com", 443, kEntra, kAuthentication},
    {"MicrosoftAccountLiveChina", kChina, "login.live.com", 443, kEntra, kAuthentication},
    {"MicrosoftAccountLiveUsGov", kUsGov, "login.live.com", 443, kEntra, kAuthentication},
    // Authentication: user or service principal using a work or school account (for example, user@contoso.com)
    {"WorkAccountGlobal", kGlobal, "login.microsoftonline.com", 443, kEntra, kAuthentication},
    {"WorkAccountChina", kChina, "login.chinacloudapi.cn", 443, kEntra, kAuthentication},
    {"WorkAccountUsGov", kUsGov, "login.microsoftonline.us", 443, kEntra, kAuthentication},
    // Management: control plane operations via Azure Resource Manager
    {"ResourceManagerGlobal", kGlobal, "management.azure.com", 443, kArm, kManagement},
    {"ResourceManagerChina", kChina, "management.chinacloudapi.cn", 443, kArm, kManagement},
    {"ResourceManagerUsGov", kUsGov, "management.usgovcloudapi.net", 443, kArm, kManagement},
    // Management: Microsoft Graph API
    {"GraphGlobal", kGlobal, "graph.microsoft.com", 443, kGraph, Function::graph},
    {"GraphChina", kChina, "graph.chinacloudapi.cn", 443, kGraph, Function::graph},
    {"GraphUsGov", kUsGov, "graph.microsoft.com", 443, kGraph, Function::graph},
    // Operations on keys and secrets: <vault-name>.<region-specific-dns-suffix>
    {"VaultGlobal", kGlobal, "yourvaultname.vault.azure.net", 443, kVault, kVaultOperations},
    {"VaultChina", kChina, "yourvaultname.vault.azure.cn", 443, kVault, kVaultOperations},
    {"VaultUsGov", kUsGov, "yourvaultname.vault.usgovcloudapi.net", 443, kVault, kVaultOperations},
};

class FirewallPage : public ::testing::TestWithParam<Row> {};

TEST_P(FirewallPage, RowIsClassified) {
  const Row& row = GetParam();
  const Classifier classifier = builtin_classifier(row.cloud);
  const Match match = classifier.by_name(row.host, row.port);
  EXPECT_EQ(classifier.service_name(match.service), to_string(row.service));
  EXPECT_EQ(to_string(match.function), to_string(row.function));
  EXPECT_TRUE(match.port_expected);
}

INSTANTIATE_TEST_SUITE_P(Rows, FirewallPage, ::testing::ValuesIn(kRows),
                         [](const auto& test) { return std::string(test.param.name); });

// "All endpoints for a work or school account, plus AD FS or other federated endpoints"
class FirewallPageFederated : public ::testing::TestWithParam<Cloud> {};

TEST_P(FirewallPageFederated, TheUsersHostsAreAuthentication) {
  auto config = config::parse_config("hosts: {entra: [adfs.contoso.com, \"*.sts.fabrikam.com\"]}", "egresswatch.yaml");
  ASSERT_TRUE(config);
  config->classify.cloud = GetParam();
  const Classifier classifier = compiled(builtin_catalog(), config->classify);
  for (const char* host : {"adfs.contoso.com", "eu.sts.fabrikam.com"}) {
    const Match match = classifier.by_name(host, 443);
    EXPECT_EQ(classifier.service_name(match.service), "entra") << host;
    EXPECT_EQ(match.function, Function::authentication) << host;
    EXPECT_TRUE(match.port_expected) << host;
  }
  EXPECT_EQ(classifier.by_name("www.contoso.com", 443).service, kOtherService);
}

INSTANTIATE_TEST_SUITE_P(Clouds, FirewallPageFederated, ::testing::Values(kGlobal, kChina, kUsGov),
                         [](const auto& test) { return std::string(to_string(test.param)); });

// "occasionally HTTP (port 80) traffic for CRL"
TEST(FirewallPagePorts, RevocationIsReachedOverHttpInEveryCloud) {
  for (const Cloud cloud : {kGlobal, kChina, kUsGov}) {
    const Classifier classifier = builtin_classifier(cloud);
    for (const char* host : {"cacerts.digicert.com", "cacerts.digicert.cn", "cacerts.geotrust.com",
                             "caissuers.microsoft.com", "www.microsoft.com", "crl3.digicert.com", "crl4.digicert.com",
                             "crl.digicert.cn", "ocsp.digicert.com", "ocsp.digicert.cn", "oneocsp.microsoft.com",
                             "crl2.microsoft.com", "crl.microsoft.com", "mscrl.microsoft.com", "ocsp.msocsp.com"}) {
      const Match match = classifier.by_name(host, 80);
      EXPECT_EQ(classifier.service_name(match.service), "revocation") << host << " " << to_string(cloud);
      EXPECT_EQ(match.function, Function::revocation);
      EXPECT_TRUE(match.port_expected);
    }
  }
}

}  // namespace
}  // namespace egresswatch::classify
