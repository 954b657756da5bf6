// SPDX-License-Identifier: Apache-2.0
// What the catalog knows beyond the firewall page.
#include "builtin_catalog.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace egresswatch::classify {
namespace {

class BuiltinCatalog : public ::testing::Test {
 protected:
  static std::string service(const Classifier& classifier, std::string_view host, std::uint16_t port = 443) {
    return std::string(classifier.service_name(classifier.by_name(host, port).service));
  }

  const Classifier public_ = builtin_classifier(Cloud::public_cloud);
  const Classifier china_ = builtin_classifier(Cloud::china);
  const Classifier usgov_ = builtin_classifier(Cloud::usgov);
};

TEST_F(BuiltinCatalog, EveryEntryMatchesItsOwnRuleInItsCloud) {
  EXPECT_EQ(builtin_catalog().entries.size(), 122U);
  for (const CatalogEntry& entry : builtin_catalog().entries) {
    ASSERT_FALSE(entry.ports.empty());
    EXPECT_FALSE(entry.source.empty());
    const Classifier& classifier = entry.cloud == Cloud::china   ? china_
                                   : entry.cloud == Cloud::usgov ? usgov_
                                                                 : public_;
    for (const std::uint16_t port : entry.ports) {
      Match match;
      std::string rule;
      if (const auto* pattern = std::get_if<HostPattern>(&entry.target)) {
        rule = pattern->to_string();
        match = classifier.by_name(pattern->wildcard ? pattern->prefix + "x." + pattern->suffix : rule, port);
      } else {
        const IpPrefix& prefix = std::get<IpPrefix>(entry.target);
        rule = prefix.to_string();
        match = classifier.by_address(prefix.address, port);
      }
      EXPECT_EQ(match.rule, rule);
      EXPECT_EQ(match.service, entry.service) << rule;
      EXPECT_EQ(match.function, entry.function) << rule;
      EXPECT_EQ(match.legacy, entry.legacy) << rule;
      EXPECT_EQ(match.untagged, entry.untagged) << rule;
      EXPECT_TRUE(match.port_expected) << rule;
    }
  }
}

TEST_F(BuiltinCatalog, WhatReplacesALegacyHostIsInTheCatalogAndNotLegacy) {
  for (const CatalogEntry& entry : builtin_catalog().entries) {
    const auto* pattern = std::get_if<HostPattern>(&entry.target);
    // a client never asks for the target of a CNAME
    EXPECT_EQ(!entry.replaced_by.empty(), entry.legacy && !entry.cname_target) << entry.source;
    if (entry.replaced_by.empty()) continue;
    ASSERT_TRUE(pattern);
    const Classifier& classifier = entry.cloud == Cloud::china   ? china_
                                   : entry.cloud == Cloud::usgov ? usgov_
                                                                 : public_;
    EXPECT_EQ(classifier.replacement_of(pattern->to_string()), entry.replaced_by);
    const auto replacement = HostPattern::parse(entry.replaced_by);
    ASSERT_TRUE(replacement) << entry.replaced_by;
    const Match match = classifier.by_name((replacement->wildcard ? "x." : "") + replacement->suffix, 0);
    EXPECT_EQ(match.rule, entry.replaced_by);
    EXPECT_EQ(match.service, entry.service) << entry.replaced_by;
    EXPECT_FALSE(match.legacy) << entry.replaced_by;
  }
  EXPECT_EQ(public_.replacement_of("login.microsoftonline.com"), "");
}

// What the firewall page does not say, and where other documents contradict it.
TEST_F(BuiltinCatalog, AliasesRegionalHostsAndCorrectionsAreMarked) {
  std::map<std::string, std::set<std::string>> marked;
  for (const CatalogEntry& entry : builtin_catalog().entries)
    for (const char* mark : {"alias", "regional", "correction"})
      if (entry.note.starts_with(mark)) marked[mark].insert(std::get<HostPattern>(entry.target).to_string());
  using Hosts = std::set<std::string>;
  EXPECT_EQ(marked["alias"], (Hosts{"login.microsoft.com", "login.partner.microsoftonline.cn",
                                    "login.usgovcloudapi.net", "login.windows.net", "sts.windows.net"}));
  EXPECT_EQ(marked["regional"], (Hosts{"*.login.chinacloudapi.cn", "*.login.microsoft.com", "*.management.azure.com",
                                       "*.mtlsauth.microsoft.com", "*.r.login.microsoftonline.com"}));
  EXPECT_EQ(marked["correction"],
            (Hosts{"crl2.microsoft.com", "dod-graph.microsoft.us", "graph.chinacloudapi.cn", "graph.microsoft.com",
                   "graph.microsoft.us", "microsoftgraph.chinacloudapi.cn"}));
}

TEST_F(BuiltinCatalog, FunctionFollowsFromTheService) {
  for (const CatalogEntry& entry : builtin_catalog().entries)
    EXPECT_EQ(entry.function, default_function(static_cast<BuiltinService>(entry.service))) << entry.source;
}

TEST_F(BuiltinCatalog, AliasesOfTheLoginHost) {
  for (const char* host : {"login.microsoft.com", "login.windows.net", "sts.windows.net", "mtlsauth.microsoft.com"})
    EXPECT_EQ(service(public_, host), "entra") << host;
  EXPECT_EQ(service(china_, "login.partner.microsoftonline.cn"), "entra");
  EXPECT_EQ(service(usgov_, "login.usgovcloudapi.net"), "entra");
}

TEST_F(BuiltinCatalog, RegionalHosts) {
  EXPECT_EQ(service(public_, "westus2.login.microsoft.com"), "entra");
  EXPECT_EQ(service(public_, "westeurope.r.login.microsoftonline.com"), "entra");
  EXPECT_EQ(service(public_, "centraluseuap.mtlsauth.microsoft.com"), "entra");
  EXPECT_EQ(service(public_, "wus2.management.azure.com"), "arm");
  EXPECT_EQ(service(china_, "chinanorth3.login.chinacloudapi.cn"), "entra");
}

TEST_F(BuiltinCatalog, GraphOfTheNationalClouds) {
  EXPECT_EQ(service(china_, "microsoftgraph.chinacloudapi.cn"), "graph");
  EXPECT_FALSE(china_.by_name("microsoftgraph.chinacloudapi.cn", 443).legacy);
  EXPECT_TRUE(china_.by_name("graph.chinacloudapi.cn", 443).legacy);
  for (const char* host : {"graph.microsoft.us", "dod-graph.microsoft.us", "graph.microsoft.com"}) {
    EXPECT_EQ(service(usgov_, host), "graph") << host;
    EXPECT_FALSE(usgov_.by_name(host, 443).legacy) << host;
  }
}

TEST_F(BuiltinCatalog, ManagedHsm) {
  EXPECT_EQ(service(public_, "contoso.managedhsm.azure.net"), "managed_hsm");
  EXPECT_EQ(service(china_, "contoso.managedhsm.azure.cn"), "managed_hsm");
  EXPECT_EQ(service(usgov_, "contoso.managedhsm.usgovcloudapi.net"), "managed_hsm");
  EXPECT_EQ(public_.by_name("contoso.managedhsm.azure.net", 443).function, Function::vault_operations);
}

TEST_F(BuiltinCatalog, OnlyTheChosenCloudCounts) {
  for (const char* host : {"contoso.vault.azure.net", "contoso.managedhsm.azure.net", "management.azure.com",
                           "login.microsoft.com", "sts.windows.net", "eastus.management.azure.com"}) {
    EXPECT_NE(service(public_, host), "other") << host;
    EXPECT_EQ(service(usgov_, host), "other") << host;
    EXPECT_EQ(service(china_, host), "other") << host;
  }
  for (const char* host : {"contoso.vault.azure.cn", "management.chinacloudapi.cn", "login.chinacloudapi.cn"}) {
    EXPECT_NE(service(china_, host), "other") << host;
    EXPECT_EQ(service(public_, host), "other") << host;
    EXPECT_EQ(service(usgov_, host), "other") << host;
  }
  for (const char* host : {"contoso.vault.usgovcloudapi.net", "graph.microsoft.us", "login.microsoftonline.us"}) {
    EXPECT_NE(service(usgov_, host), "other") << host;
    EXPECT_EQ(service(public_, host), "other") << host;
    EXPECT_EQ(service(china_, host), "other") << host;
  }
}

TEST_F(BuiltinCatalog, PublicHostsThatOtherCloudsNeedToo) {
  EXPECT_EQ(service(usgov_, "login.microsoftonline.com"), "entra");
  EXPECT_EQ(service(china_, "login.microsoftonline.com"), "entra");
  EXPECT_EQ(service(usgov_, "graph.microsoft.com"), "graph");
}

TEST_F(BuiltinCatalog, TheChainOfAVaultIsNotEntra) {
  EXPECT_EQ(service(public_, "sin.prd.r.kv.aadg.msidentity.com"), "key_vault");
  EXPECT_EQ(service(public_, "login.mso.msidentity.com"), "entra");
  EXPECT_EQ(service(public_, "sin.tm.prd.r.kv.aadg.akadns.net"), "key_vault");
  EXPECT_EQ(service(public_, "www.tm.a.prd.aadg.akadns.net"), "entra");
  EXPECT_EQ(service(public_, "ags.privatelink.msidentity.com"), "graph");
  EXPECT_EQ(service(public_, "ak.privatelink.msidentity.com"), "entra");
  EXPECT_EQ(service(public_, "azkms-prod-weu-b.westeurope.cloudapp.azure.com"), "key_vault");
  EXPECT_EQ(service(public_, "shop.westeurope.cloudapp.azure.com"), "other");
  EXPECT_EQ(public_.by_name("fabrikam.privatelink.vaultcore.azure.net", 443).rule, "*.privatelink.vaultcore.azure.net");
}

TEST_F(BuiltinCatalog, NamesThatOnlyLookLikeEndpoints) {
  for (const char* host : {"vault.azure.net", "azure.net", "vault.azure.net.example.com", "contosovault.azure.net",
                           "login.microsoftonline.com.example.com", "xlogin.live.com", "a.login.live.com", "azure.com"})
    EXPECT_EQ(service(public_, host), "other") << host;
}

TEST_F(BuiltinCatalog, PlatformAddresses) {
  const auto at = [&](std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d, std::uint16_t port) {
    return std::string(usgov_.service_name(usgov_.by_address(IpAddress::v4(a, b, c, d), port).service));
  };
  EXPECT_EQ(at(169, 254, 169, 254, 80), "imds");
  EXPECT_EQ(at(169, 254, 169, 254, 443), "other");
  EXPECT_EQ(at(169, 254, 169, 253, 80), "other");
  EXPECT_EQ(at(168, 63, 129, 16, 80), "wireserver");
  EXPECT_EQ(at(168, 63, 129, 16, 32526), "wireserver");
  EXPECT_EQ(at(168, 63, 129, 16, 53), "other");
  EXPECT_EQ(at(127, 0, 0, 1, 40342), "imds");
  EXPECT_EQ(at(127, 0, 0, 1, 443), "other");
  EXPECT_EQ(usgov_.by_address(IpAddress::v4(169, 254, 169, 254), 80).function, Function::platform);
  EXPECT_EQ(service(public_, "gbl.his.arc.azure.com"), "imds");
  EXPECT_EQ(service(public_, "westeurope.his.arc.azure.com"), "imds");
}

TEST_F(BuiltinCatalog, ASharedHostCountsOnlyOnItsPorts) {
  EXPECT_EQ(service(public_, "www.microsoft.com", 80), "revocation");
  EXPECT_EQ(service(public_, "www.microsoft.com", 0), "revocation");
  EXPECT_EQ(service(public_, "www.microsoft.com", 443), "other");
}

TEST_F(BuiltinCatalog, HostsThatAreInNoTagByNatureAreKnown) {
  const auto untagged = [](const Classifier& classifier, std::string_view host) {
    const Match match = classifier.by_name(host, 443);
    EXPECT_EQ(match.service, id_of(BuiltinService::entra)) << host;
    return match.untagged;
  };
  for (const char* host : {"aadcdn.msauth.net", "aadcdn.msftauth.net", "aadcdn.msauthimages.net", "login.live.com",
                           "aadcdn.msftauthimages.net", "enterpriseregistration.windows.net"})
    EXPECT_TRUE(untagged(public_, host)) << host;
  for (const char* host : {"login.microsoftonline.com", "login.microsoft.com", "login.windows.net", "sts.windows.net",
                           "westus2.login.microsoft.com"})
    EXPECT_FALSE(untagged(public_, host)) << host;
  // served by the public cloud, whose addresses the tags of the other clouds do not have
  EXPECT_TRUE(untagged(china_, "login.microsoftonline.com"));
  EXPECT_TRUE(untagged(usgov_, "login.microsoftonline.com"));
  EXPECT_FALSE(untagged(china_, "login.partner.microsoftonline.cn"));
  EXPECT_FALSE(untagged(usgov_, "login.microsoftonline.us"));
  for (const CatalogEntry& entry : builtin_catalog().entries)
    EXPECT_TRUE(!entry.untagged || entry.service == id_of(BuiltinService::entra)) << entry.source;
}

TEST_F(BuiltinCatalog, HostsThatAreNamedInFullCanBeListed) {
  const auto listed = [](const Classifier& classifier, BuiltinService service) {
    std::vector<std::string> hosts;
    for (const ConfiguredHost& host : classifier.configured_hosts())
      if (host.service == id_of(service)) hosts.emplace_back(host.host);
    return hosts;
  };
  using Hosts = std::vector<std::string>;
  EXPECT_EQ(listed(public_, BuiltinService::arm), (Hosts{"management.azure.com", "management.core.windows.net"}));
  EXPECT_EQ(listed(public_, BuiltinService::graph), (Hosts{"graph.microsoft.com", "graph.windows.net"}));
  EXPECT_EQ(listed(public_, BuiltinService::key_vault), Hosts{});
  EXPECT_EQ(listed(china_, BuiltinService::graph),
            (Hosts{"graph.chinacloudapi.cn", "microsoftgraph.chinacloudapi.cn"}));
  EXPECT_EQ(listed(public_, BuiltinService::revocation).size(), 17U);
  EXPECT_TRUE(std::ranges::is_sorted(public_.configured_hosts(), {}, &ConfiguredHost::service));
}

}  // namespace
}  // namespace egresswatch::classify
