// SPDX-License-Identifier: Apache-2.0
#include "config/services.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "parse_helpers.h"

namespace egresswatch::config {
namespace {

using ::testing::HasSubstr;

TEST(Services, HostsAreAddedToBuiltInServices) {
  const auto options = parsed(R"(
hosts:
  entra: [ADFS.Example.com., "*.sts.example.com"]
  revocation:
    - crl.example.com
)")
                           .classify;
  ASSERT_EQ(options.hosts.size(), 3U);
  EXPECT_EQ(options.hosts[0].service, id_of(BuiltinService::entra));
  EXPECT_EQ(options.hosts[0].pattern.to_string(), "adfs.example.com");
  EXPECT_EQ(options.hosts[1].pattern.to_string(), "*.sts.example.com");
  EXPECT_EQ(options.hosts[2].service, id_of(BuiltinService::revocation));
}

TEST(Services, ServicesAreDefined) {
  const auto options = parsed(R"(
services:
  - name: app_config2
    hosts: ["*.azconfig.example"]
    addresses: [192.0.2.0/24, "2001:db8::/32", 198.51.100.7]
    ports: [443, 65535]
  - name: tokens
    addresses: [127.0.0.1]
)")
                           .classify;
  ASSERT_EQ(options.services.size(), 2U);
  const ServiceDefinition& service = options.services[0];
  EXPECT_EQ(service.name, "app_config2");
  ASSERT_EQ(service.hosts.size(), 1U);
  ASSERT_EQ(service.addresses.size(), 3U);
  EXPECT_EQ(service.addresses[0].to_string(), "192.0.2.0/24");
  EXPECT_EQ(service.addresses[1].to_string(), "2001:db8::/32");
  EXPECT_EQ(service.addresses[2].to_string(), "198.51.100.7");
  EXPECT_EQ(service.ports, (Ports{443, 65535}));
  EXPECT_TRUE(options.services[1].ports.empty());
}

TEST(Services, AnUnknownServiceUnderHostsIsAProblem) {
  EXPECT_EQ(problems_of("hosts:\n  entraid: [a.example]\n"),
            "egresswatch.yaml:2: hosts.entraid: unknown key, did you mean entra?");
  EXPECT_THAT(problems_of("hosts: {other: [a.example]}"), HasSubstr("hosts.other: unknown key"));
  EXPECT_EQ(problems_of("hosts: {entra: a.example}"),
            "egresswatch.yaml:1: hosts.entra: expected a list, found \"a.example\"");
}

TEST(Services, VaultsCanDemandAPrivateEndpoint) {
  const auto options = parsed(R"(
vaults:
  private_endpoint: [Payroll.vault.azure.net, "*.managedhsm.azure.net"]
  public_endpoint: ["shared-*.vault.azure.net"]
)")
                           .classify;
  ASSERT_EQ(options.private_endpoints.size(), 2U);
  EXPECT_EQ(options.private_endpoints[0].to_string(), "payroll.vault.azure.net");
  EXPECT_EQ(options.private_endpoints[1].to_string(), "*.managedhsm.azure.net");
  ASSERT_EQ(options.public_endpoints.size(), 1U);
  EXPECT_EQ(problems_of("vaults:\n  private_endpoint: [a.example]\n  public_endpoint: [a.example]\n"),
            "egresswatch.yaml:3: vaults.public_endpoint[0]: a.example is listed twice, first in line 2");
  EXPECT_EQ(problems_of("vaults: {private_endpoints: []}"),
            "egresswatch.yaml:1: vaults.private_endpoints: unknown key, did you mean private_endpoint?");
}

TEST(Services, NamesAreCheckedForFormAndClashes) {
  for (const char* name : {"Upper", "1st", "_x", "a-b", "a b", "\"\"", "a23456789012345678901234567890123456789_41"})
    EXPECT_THAT(problems_of(std::string("services: [{hosts: [a.example], name: ") + name + "}]"),
                HasSubstr("services[0].name: expected a name of at most 40"))
        << name;
  for (const char* name : {"entra", "other", "key_vault", "wireserver"})
    EXPECT_THAT(problems_of(std::string("services: [{hosts: [a.example], name: ") + name + "}]"),
                HasSubstr("services[0].name: expected a name that is not built in"))
        << name;
  EXPECT_EQ(problems_of("services:\n- {name: mine, hosts: [a.example]}\n- {name: mine, hosts: [b.example]}\n"),
            "egresswatch.yaml:3: services[1].name: expected a name that no other service has, found \"mine\"");
}

TEST(Services, AServiceNeedsANameAndSomethingToMatch) {
  EXPECT_EQ(problems_of("services:\n  - name: mine\n"),
            "egresswatch.yaml:2: services[0]: expected hosts, addresses or both");
  EXPECT_EQ(problems_of("services:\n  - hosts: [a.example]\n"), "egresswatch.yaml:2: services[0].name: missing");
  EXPECT_THAT(problems_of("services:\n  -\n"), HasSubstr("services[0]: expected a mapping of keys to values"));
  EXPECT_THAT(problems_of("services: [mine]"), HasSubstr("services[0]: expected a mapping of keys to values, found"));
  EXPECT_THAT(problems_of("services: [{name: mine, hosts: [a.example], port: 1}]"),
              HasSubstr("services[0].port: unknown key, did you mean ports?"));
}

TEST(Services, OneTargetCannotBelongToTwoServices) {
  EXPECT_EQ(problems_of("hosts:\n  entra: [a.example]\nservices:\n  - name: mine\n    hosts: [A.example.]\n"),
            "egresswatch.yaml:5: services[0].hosts[0]: a.example is listed twice, first in line 2");
  EXPECT_EQ(
      problems_of("services:\n  - name: a\n    addresses: [192.0.2.1]\n  - name: b\n    addresses: [192.0.2.1/32]\n"),
      "egresswatch.yaml:5: services[1].addresses[0]: 192.0.2.1 is listed twice, first in line 3");
}

TEST(Services, HostPatternsAreCheckedWithTheReason) {
  const auto refusal = [](const std::string& pattern) { return problems_of("hosts: {entra: [\"" + pattern + "\"]}"); };
  EXPECT_EQ(refusal("a..b"),
            "egresswatch.yaml:1: hosts.entra[0]: expected a host pattern (a label is empty), found \"a..b\"");
  const struct {
    std::string pattern;
    const char* reason;
  } cases[] = {
      {"", "it is empty"},
      {".", "it is empty"},
      {"a.example..", "a label is empty"},
      {".a.example", "a label is empty"},
      {"*", "a * must be followed by a dot and a domain"},
      {"*.", "a * must be followed by a dot and a domain"},
      {"*a.example", "a * must be followed by a dot and a domain"},
      {"a*b.example", "a * must be followed by a dot and a domain"},
      {"*..example", "a label is empty"},
      {"a.*.example", "a * must be in the first label"},
      {"*.*.example", "only one * is possible"},
      {"a b.example", "only letters"},
      {"a/b", "only letters"},
      {"https://a.example", "only letters"},
      {"a.example:443", "only letters"},
      {"m\u00fcnchen.example", "write international names in their xn-- form"},
      {"a\\x01b.example", "only letters"},
      {"a\\0b.example", "only letters"},
      {"a\\nb.example", "only letters"},
      {"\\xff.example", "only letters"},
      {"192.0.2.1", "it is an address"},
      {"2001:db8::1", "it is an address"},
      {std::string(64, 'a') + ".example", "a label is longer than 63"},
      {std::string(63, 'a') + "*.example", "a label is longer than 63"},
      {std::string(250, 'a') + ".com", "it is longer than 253"},
  };
  for (const auto& [pattern, reason] : cases) EXPECT_THAT(refusal(pattern), HasSubstr(reason)) << pattern;
  for (const char* pattern :
       {"a", "a.example", "*.example", "data-*.example", "_x.a_b.example", "xn--mnchen-3ya.example"})
    EXPECT_EQ(refusal(pattern), "") << pattern;
}

TEST(Services, AddressesAreCheckedWithTheReason) {
  const auto refusal = [](const std::string& address) {
    return problems_of("services: [{name: mine, addresses: [\"" + address + "\"]}]");
  };
  EXPECT_EQ(
      refusal("192.0.2.1/24"),
      "egresswatch.yaml:1: services[0].addresses[0]: expected an address or prefix (bits after the length are set), "
      "found \"192.0.2.1/24\"");
  for (const char* address : {"192.0.2.0/33", "2001:db8::/129", "192.0.2.0/", "192.0.2.0/-1", "192.0.2.0/2x"})
    EXPECT_THAT(refusal(address), HasSubstr("the length after / is out of range")) << address;
  for (const char* address : {"", "/8", "192.0.2", "192.0.2.0-192.0.2.9", "fe80::1%eth0", "a.example"})
    EXPECT_THAT(refusal(address), HasSubstr("write it as 192.0.2.0/24")) << address;
  for (const char* address : {"0.0.0.0/0", "::/0", "192.0.2.128/25", "2001:db8::1", "2001:db8::/33"})
    EXPECT_EQ(refusal(address), "") << address;
}

TEST(Services, PortsAreCheckedOneByOne) {
  EXPECT_EQ(problems_of("services: [{name: mine, hosts: [a.example], ports: [443, 0, 65536, https]}]"),
            "egresswatch.yaml:1: services[0].ports[1]: expected a whole number from 1 to 65535, found \"0\"\n"
            "egresswatch.yaml:1: services[0].ports[2]: expected a whole number from 1 to 65535, found \"65536\"\n"
            "egresswatch.yaml:1: services[0].ports[3]: expected a whole number from 1 to 65535, found \"https\"");
}

TEST(Services, ThereIsALimitToHowMany) {
  std::string text = "services:\n";
  for (int i = 0; i < 65; ++i) {
    const std::string n = std::to_string(i);
    text += "  - {name: s" + n + ", hosts: [h" + n + ".example]}\n";
  }
  EXPECT_THAT(problems_of(text), HasSubstr("services: expected at most 64 values, found 65"));
}

}  // namespace
}  // namespace egresswatch::config
