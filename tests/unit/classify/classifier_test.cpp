// SPDX-License-Identifier: Apache-2.0
#include "classify/classifier.h"

#include <gtest/gtest.h>

#include <random>
#include <stdexcept>

#include "builtin_catalog.h"

namespace egresswatch::classify {
namespace {

CatalogEntry entry(std::string_view host, BuiltinService service, Ports ports = {443}, Cloud cloud = Cloud::all) {
  CatalogEntry made;
  made.target = HostPattern::parse(host).value();
  made.service = id_of(service);
  made.function = default_function(service);
  made.ports = std::move(ports);
  made.cloud = cloud;
  return made;
}

ServiceDefinition definition(std::string name, std::vector<std::string_view> hosts,
                             std::vector<std::string_view> addresses = {}, Ports ports = {}) {
  ServiceDefinition made{std::move(name), {}, {}, std::move(ports)};
  for (const std::string_view host : hosts) made.hosts.push_back(HostPattern::parse(host).value());
  for (const std::string_view address : addresses) made.addresses.push_back(IpPrefix::parse(address).value());
  return made;
}

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }

std::string refusal(const Catalog& catalog, const ClassifyOptions& options) {
  const auto classifier = Classifier::compile(catalog, options);
  return classifier ? "" : classifier.error().message;
}

TEST(Classifier, TheMostSpecificPatternWins) {
  const Classifier classifier = compiled({{
                                             entry("*.example", BuiltinService::entra),
                                             entry("*.a.example", BuiltinService::arm),
                                             entry("x.a.example", BuiltinService::graph),
                                             entry("pre-*.example", BuiltinService::revocation),
                                             entry("pre-long-*.example", BuiltinService::imds),
                                         }},
                                         {});
  const auto rule = [&](std::string_view host) { return classifier.by_name(host, 443).rule; };
  EXPECT_EQ(rule("b.example"), "*.example");
  EXPECT_EQ(rule("b.c.example"), "*.example");
  EXPECT_EQ(rule("a.example"), "*.example");
  EXPECT_EQ(rule("b.a.example"), "*.a.example");
  EXPECT_EQ(rule("c.b.a.example"), "*.a.example");
  EXPECT_EQ(rule("x.a.example"), "x.a.example");
  EXPECT_EQ(rule("y.x.a.example"), "*.a.example");
  EXPECT_EQ(rule("pre-1.example"), "pre-*.example");
  EXPECT_EQ(rule("pre-1.b.c.example"), "pre-*.example");
  EXPECT_EQ(rule("pre-long-1.example"), "pre-long-*.example");
  EXPECT_EQ(rule("pre-.example"), "*.example");
  EXPECT_EQ(rule("b.pre-1.example"), "*.example");
  EXPECT_EQ(rule("pre-1.a.example"), "*.a.example");
  EXPECT_EQ(rule("example"), "");
  EXPECT_EQ(rule("example.com"), "");
}

TEST(Classifier, CaseAndAFinalDotDoNotMatter) {
  const Classifier classifier = compiled({{entry("*.Vault.Azure.NET.", BuiltinService::key_vault)}}, {});
  for (const char* host :
       {"a.vault.azure.net", "A.VAULT.AZURE.NET", "a.vault.azure.net.", "aBcDeFgHiJk.vAuLt.aZuRe.nEt."})
    EXPECT_EQ(classifier.by_name(host, 443).service, id_of(BuiltinService::key_vault)) << host;
  // @ and [ stand beside A and Z in ASCII, ` and { beside a and z
  const Classifier edges = compiled({{entry("az.example", BuiltinService::arm)}}, {});
  EXPECT_EQ(edges.by_name("AZ.example", 443).service, id_of(BuiltinService::arm));
  for (const char* host : {"@z.example", "a[.example", "`z.example", "a{.example", "\xc1\xda.example"})
    EXPECT_EQ(edges.by_name(host, 443).service, kOtherService) << host;
}

TEST(Classifier, ThePortDoesNotDecideTheServiceOfAName) {
  const Classifier classifier = compiled({{entry("*.vault.azure.net", BuiltinService::key_vault)}}, {});
  const Match usual = classifier.by_name("a.vault.azure.net", 443);
  const Match unusual = classifier.by_name("a.vault.azure.net", 8443);
  const Match unknown = classifier.by_name("a.vault.azure.net", 0);
  EXPECT_TRUE(usual.port_expected);
  EXPECT_FALSE(unusual.port_expected);
  EXPECT_TRUE(unknown.port_expected);
  EXPECT_EQ(unusual.service, id_of(BuiltinService::key_vault));
  EXPECT_EQ(unusual.rule, usual.rule);
}

TEST(Classifier, ASharedHostLeavesOtherPortsToLessSpecificRules) {
  CatalogEntry shared = entry("www.example", BuiltinService::revocation, {80});
  shared.shared = true;
  const Classifier classifier = compiled({{shared, entry("*.example", BuiltinService::arm)}}, {});
  EXPECT_EQ(classifier.by_name("www.example", 80).service, id_of(BuiltinService::revocation));
  EXPECT_EQ(classifier.by_name("www.example", 443).service, id_of(BuiltinService::arm));
}

TEST(Classifier, AddedHostsTakeFunctionAndPortsOfTheirService) {
  ClassifyOptions options;
  options.hosts.push_back({id_of(BuiltinService::revocation), HostPattern::parse("crl.example").value()});
  const Classifier classifier = compiled({}, options);
  EXPECT_EQ(classifier.by_name("crl.example", 80).function, Function::revocation);
  EXPECT_TRUE(classifier.by_name("crl.example", 80).port_expected);
  EXPECT_FALSE(classifier.by_name("crl.example", 443).port_expected);
}

TEST(Classifier, ServicesOfTheUserGetTheNextNumbers) {
  ClassifyOptions options;
  options.services = {definition("first", {"a.example"}), definition("second", {"*.b.example"}, {}, {443})};
  const Classifier classifier = compiled({}, options);
  ASSERT_EQ(classifier.services().size(), 11U);
  EXPECT_EQ(classifier.services()[0], "other");
  EXPECT_EQ(classifier.services()[1], "key_vault");
  EXPECT_EQ(classifier.services()[9], "first");
  EXPECT_EQ(classifier.service_name(10), "second");
  EXPECT_EQ(classifier.service_name(11), "other");
  EXPECT_EQ(classifier.by_name("a.example", 1).service, kFirstUserService);
  EXPECT_TRUE(classifier.by_name("a.example", 1).port_expected);
  EXPECT_EQ(classifier.by_name("x.b.example", 443).service, kFirstUserService + 1);
  EXPECT_FALSE(classifier.by_name("x.b.example", 1).port_expected);
  EXPECT_EQ(classifier.by_name("a.example", 1).function, Function::none);
  ASSERT_EQ(classifier.configured_hosts().size(), 1U);
  EXPECT_EQ(classifier.configured_hosts()[0].host, "a.example");
}

TEST(Classifier, TheUserOverridesTheCatalog) {
  ClassifyOptions options;
  options.services = {definition("mine", {"login.example"}, {"169.254.169.254"}, {8080})};
  CatalogEntry imds;
  imds.target = IpPrefix::parse("169.254.169.254").value();
  imds.service = id_of(BuiltinService::imds);
  imds.ports = {80, 8080};
  const Classifier classifier = compiled({{entry("login.example", BuiltinService::entra), imds}}, options);
  EXPECT_EQ(classifier.by_name("login.example", 443).service, kFirstUserService);
  EXPECT_EQ(classifier.by_address(address("169.254.169.254"), 8080).service, kFirstUserService);
  EXPECT_EQ(classifier.by_address(address("169.254.169.254"), 80).service, id_of(BuiltinService::imds));
  EXPECT_EQ(classifier.configured_hosts().size(), 1U);
}

TEST(Classifier, TheLongestPrefixThatExpectsThePortWins) {
  ClassifyOptions options;
  options.services = {definition("all4", {}, {"0.0.0.0/0"}), definition("net", {}, {"192.0.2.0/24"}, {443}),
                      definition("half", {}, {"192.0.2.128/25"}, {443, 80}),
                      definition("one", {}, {"192.0.2.200"}, {22}), definition("six", {}, {"2001:db8::/33"})};
  const Classifier classifier = compiled({}, options);
  const auto service = [&](std::string_view text, std::uint16_t port) {
    return classifier.service_name(classifier.by_address(address(text), port).service);
  };
  EXPECT_EQ(service("198.51.100.1", 1), "all4");
  EXPECT_EQ(service("192.0.2.127", 443), "net");
  EXPECT_EQ(service("192.0.2.127", 80), "all4");
  EXPECT_EQ(service("192.0.2.128", 443), "half");
  EXPECT_EQ(service("192.0.2.200", 22), "one");
  EXPECT_EQ(service("192.0.2.200", 80), "half");
  EXPECT_EQ(service("192.0.2.200", 0), "one");
  EXPECT_EQ(service("::ffff:192.0.2.200", 22), "one");
  EXPECT_EQ(service("2001:db8:7fff::1", 1), "six");
  EXPECT_EQ(service("2001:db8:8000::1", 1), "other");
  EXPECT_EQ(classifier.by_address(address("192.0.2.200"), 22).rule, "192.0.2.200");
  EXPECT_EQ(classifier.by_address(address("192.0.2.1"), 443).rule, "192.0.2.0/24");
}

TEST(Classifier, ContradictionsAreRefused) {
  EXPECT_EQ(refusal({{entry("a.example", BuiltinService::arm), entry("A.example.", BuiltinService::graph)}}, {}),
            "a.example is listed twice");
  ClassifyOptions twice;
  twice.services = {definition("a", {"*.x.example"}), definition("b", {"*.x.example"})};
  EXPECT_EQ(refusal({}, twice), "*.x.example is listed twice");
  EXPECT_EQ(refusal({}, options_for(Cloud::all)),
            "one cloud must be chosen: rules of several clouds contradict each other");
  ClassifyOptions stray;
  stray.hosts.push_back({kFirstUserService, HostPattern::parse("a.example").value()});
  EXPECT_EQ(refusal({}, stray), "host a.example is added to a service that is not built in");
}

TEST(Classifier, OneHostMayDifferBetweenClouds) {
  const Catalog catalog{{entry("a.example", BuiltinService::arm, {443}, Cloud::china),
                         entry("a.example", BuiltinService::graph, {443}, Cloud::usgov)}};
  EXPECT_EQ(compiled(catalog, options_for(Cloud::china)).by_name("a.example", 443).service, id_of(BuiltinService::arm));
  EXPECT_EQ(compiled(catalog, options_for(Cloud::usgov)).by_name("a.example", 443).service,
            id_of(BuiltinService::graph));
  EXPECT_EQ(compiled(catalog, {}).by_name("a.example", 443).service, kOtherService);
}

TEST(Classifier, HostileNamesAreOther) {
  const Classifier classifier = compiled({{entry("*.vault.azure.net", BuiltinService::key_vault)}}, {});
  const std::string labels = [] {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += "a.";
    return text + "vault.azure.net";
  }();
  for (const std::string& host :
       {std::string(), std::string("."), std::string(".."), std::string(".vault.azure.net"),
        std::string("a..vault.azure.net"), std::string("a.vault.azure.net.."), std::string("..vault.azure.net"),
        std::string("a.vault..azure.net"), std::string("a\\.vault.azure.net"), std::string("a.vault\\.azure.net"),
        labels, std::string(1 << 20, 'a'), std::string(239, 'a') + ".vault.azure.net",
        std::string("a.vault.azure.net\0", 18)})
    EXPECT_EQ(classifier.by_name(host, 443).service, kOtherService) << host.substr(0, 60);
  EXPECT_EQ(classifier.by_name(std::string(237, 'a') + ".vault.azure.net", 443).service,
            id_of(BuiltinService::key_vault));
}

TEST(Classifier, RandomBytesDoNoHarm) {
  const Classifier classifier = builtin_classifier(Cloud::public_cloud);
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    // on the heap and of exact length, so that reading past the end is seen
    std::string host(random() % 300, '\0');
    for (char& c : host) c = random() % 8 == 0 ? '.' : static_cast<char>(random() & 0xff);
    if (random() % 2 == 0) host += ".vault.azure.net";
    const std::vector<char> exact(host.begin(), host.end());
    const Match match = classifier.by_name({exact.data(), exact.size()}, static_cast<std::uint16_t>(random()));
    EXPECT_LT(match.service, classifier.services().size());
  }
}

TEST(Classifier, StaysUsableWhenMoved) {
  Classifier first = builtin_classifier(Cloud::china);
  const Match before = first.by_name("a.vault.azure.cn", 443);
  const Classifier second = std::move(first);
  EXPECT_EQ(second.by_name("a.vault.azure.cn", 443).rule.data(), before.rule.data());
}

}  // namespace
}  // namespace egresswatch::classify
