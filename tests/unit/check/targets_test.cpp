// SPDX-License-Identifier: Apache-2.0
#include "check/targets.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "classify/embedded_catalog.h"
#include "config/config.h"

namespace egresswatch::check {
namespace {

classify::Classifier compile(const ClassifyOptions& options) {
  const auto catalog = config::parse_catalog(classify::embedded_catalog(), "catalog.yaml");
  return std::move(*classify::Classifier::compile(*catalog, options));
}

const Target* find(const std::vector<Target>& targets, std::string_view host) {
  const auto it = std::ranges::find(targets, host, &Target::host);
  return it == targets.end() ? nullptr : &*it;
}

TEST(DefaultTargets, EveryCloudHasItsHosts) {
  for (const Cloud cloud : {Cloud::public_cloud, Cloud::china, Cloud::usgov}) {
    ClassifyOptions options;
    options.cloud = cloud;
    const auto targets = default_targets(compile(options), options, false);
    // each is known to the catalog as what it is checked for
    for (const std::string_view service : {"entra", "arm", "graph"})
      EXPECT_EQ(std::ranges::count(targets, service, &Target::service), 1) << to_string(cloud) << service;
    EXPECT_GE(std::ranges::count(targets, "revocation", &Target::service), 5);
    EXPECT_EQ(std::ranges::count(targets, "other", &Target::service), 0);
    EXPECT_EQ(find(targets, "crl.digicert.cn") != nullptr, cloud == Cloud::china);
    EXPECT_EQ(find(targets, "169.254.169.254"), nullptr);
  }
}

TEST(DefaultTargets, HostsOfTheConfigurationComeFirstPatternsDoNot) {
  ClassifyOptions options;
  options.hosts.push_back({id_of(BuiltinService::key_vault), *HostPattern::parse("contoso.vault.azure.net")});
  options.hosts.push_back({id_of(BuiltinService::key_vault), *HostPattern::parse("*.kv.contoso.example")});
  options.hosts.push_back({id_of(BuiltinService::entra), *HostPattern::parse("adfs.contoso.example")});
  const auto targets = default_targets(compile(options), options, true);
  EXPECT_EQ(targets[0], (Target{"key_vault", BuiltinService::key_vault, "contoso.vault.azure.net", 443}));
  EXPECT_EQ(targets[1].service, "entra");
  EXPECT_EQ(targets.back(), (Target{"imds", BuiltinService::imds, "169.254.169.254", 80, Protocol::http}));
}

TEST(ParseTarget, TakesWhatPeopleHave) {
  const ClassifyOptions options;
  const auto classifier = compile(options);
  const auto parse = [&](std::string_view text, Cloud cloud = Cloud::public_cloud) {
    return *parse_target(text, classifier, cloud);
  };
  const Target vault{"key_vault", BuiltinService::key_vault, "contoso.vault.azure.net", 443};
  EXPECT_EQ(parse("contoso"), vault);
  EXPECT_EQ(parse("Contoso.vault.azure.net."), vault);
  EXPECT_EQ(parse("https://contoso.vault.azure.net/secrets/x?api-version=7.4"), vault);
  EXPECT_EQ(parse("contoso.vault.azure.net:443"), vault);
  EXPECT_EQ(parse("contoso", Cloud::china).host, "contoso.vault.azure.cn");
  EXPECT_EQ(parse("contoso", Cloud::usgov).host, "contoso.vault.usgovcloudapi.net");
  EXPECT_EQ(parse("169.254.169.254"), (Target{"imds", BuiltinService::imds, "169.254.169.254", 80, Protocol::http}));
  EXPECT_EQ(parse("crl3.digicert.com").port, 80);
  EXPECT_EQ(parse("crl3.digicert.com").protocol, Protocol::http);
  EXPECT_EQ(parse("http://localhost:8080/x").port, 8080);
  EXPECT_EQ(parse("http://localhost:8080/x").protocol, Protocol::http);
  EXPECT_EQ(parse("[2001:DB8::1]:8443").host, "2001:db8::1");
  EXPECT_EQ(parse("[2001:db8::1]:8443").port, 8443);
  EXPECT_EQ(parse("2001:db8::1").port, 443);
  EXPECT_EQ(parse("https://[2001:db8::1]/").host, "2001:db8::1");
}

TEST(ParseTarget, RefusesTheRest) {
  const ClassifyOptions options;
  const auto classifier = compile(options);
  for (const std::string_view bad :
       {"", "ftp://x.example", "https://", "https://u:p@x.example", "x.example:0", "x.example:65536", "x.example:1a",
        "x.example:", "[::1", "[x]:1", "*.vault.azure.net", "a b.example", "x..example", "https:///path", "[::1]443"})
    EXPECT_FALSE(parse_target(bad, classifier, Cloud::public_cloud)) << bad;
}

}  // namespace
}  // namespace egresswatch::check
