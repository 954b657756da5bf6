// SPDX-License-Identifier: Apache-2.0
// Errors into stage and cause, and the proxy that the environment names.
#include <gtest/gtest.h>

#include <cerrno>
#include <map>

#include "check/proxy.h"
#include "check/socket_error.h"

namespace egresswatch::check {
namespace {

IcmpError icmp(std::uint8_t origin, std::uint8_t type, std::uint8_t code, bool own = false) {
  return {origin, type, code, IpAddress::v4(192, 0, 2, 1), own};
}

TEST(ConnectFailure, ErrorsOfTheCallItselfAreTheRoutes) {
  EXPECT_EQ(connect_failure(ENETUNREACH, true, {}), (Failure{Stage::route, Cause::no_route}));
  EXPECT_EQ(connect_failure(EHOSTUNREACH, true, {}), (Failure{Stage::route, Cause::no_route}));
  EXPECT_EQ(connect_failure(EACCES, true, {}), (Failure{Stage::route, Cause::prohibited}));
  EXPECT_EQ(connect_failure(EINVAL, true, {}), (Failure{Stage::route, Cause::prohibited}));
  EXPECT_EQ(connect_failure(EPERM, true, {}), (Failure{Stage::route, Cause::denied_locally}));
  EXPECT_EQ(connect_failure(EADDRNOTAVAIL, true, {}), (Failure{Stage::route, Cause::no_local_port}));
}

TEST(ConnectFailure, LaterErrorsCameFromOutside) {
  EXPECT_EQ(connect_failure(ECONNREFUSED, false, {}), (Failure{Stage::connect, Cause::refused}));
  EXPECT_EQ(connect_failure(ETIMEDOUT, false, {}), (Failure{Stage::connect, Cause::no_reply}));
  EXPECT_EQ(connect_failure(EHOSTUNREACH, false, {}), (Failure{Stage::connect, Cause::icmp_unreachable}));
}

TEST(ConnectFailure, IcmpTellsMoreThanTheErrno) {
  EXPECT_EQ(connect_failure(EHOSTUNREACH, false, icmp(2, 3, 13)), (Failure{Stage::connect, Cause::icmp_prohibited}));
  EXPECT_EQ(connect_failure(EHOSTUNREACH, false, icmp(2, 3, 1)), (Failure{Stage::connect, Cause::icmp_unreachable}));
  EXPECT_EQ(connect_failure(ECONNREFUSED, false, icmp(2, 3, 3)), (Failure{Stage::connect, Cause::icmp_unreachable}));
  EXPECT_EQ(connect_failure(EACCES, false, icmp(3, 1, 1)), (Failure{Stage::connect, Cause::icmp_prohibited}));
  EXPECT_EQ(connect_failure(EHOSTUNREACH, false, icmp(3, 1, 3)), (Failure{Stage::connect, Cause::icmp_unreachable}));
}

TEST(ConnectFailure, TheHostTellsItselfThatTheNextHopIsSilent) {
  EXPECT_EQ(connect_failure(EHOSTUNREACH, false, icmp(2, 3, 1, true)), (Failure{Stage::connect, Cause::neighbour}));
  EXPECT_EQ(connect_failure(EHOSTUNREACH, false, icmp(3, 1, 3, true)), (Failure{Stage::connect, Cause::neighbour}));
}

TEST(HttpFailure, StatusCountsOnlyWhereItIsReadable) {
  Target vault{"key_vault", BuiltinService::key_vault, "v.vault.azure.net", 443, Protocol::https};
  EXPECT_FALSE(http_failure(503, vault));
  Target crl{"revocation", BuiltinService::revocation, "crl3.digicert.com", 80, Protocol::http};
  EXPECT_FALSE(http_failure(404, crl));
  EXPECT_EQ(http_failure(470, crl).cause, Cause::denied_by_firewall);
  EXPECT_EQ(http_failure(503, crl).cause, Cause::http_error);
  Target imds{"imds", BuiltinService::imds, "169.254.169.254", 80, Protocol::http};
  EXPECT_FALSE(http_failure(200, imds));
  EXPECT_FALSE(http_failure(400, imds));
  EXPECT_EQ(http_failure(429, imds).cause, Cause::imds_throttled);
  for (const unsigned status : {404U, 410U, 500U}) EXPECT_EQ(http_failure(status, imds).cause, Cause::http_error);
}

TEST(ProxyFailure, ByStatus) {
  EXPECT_FALSE(proxy_failure(200));
  EXPECT_EQ(proxy_failure(407).cause, Cause::proxy_auth_required);
  EXPECT_EQ(proxy_failure(403).cause, Cause::proxy_denied);
  EXPECT_EQ(proxy_failure(404).cause, Cause::proxy_denied);
  EXPECT_EQ(proxy_failure(502).cause, Cause::proxy_error);
}

TEST(MostTelling, PrefersWhatGotFurthest) {
  std::vector<AddressResult> addresses(2);
  addresses[0].failure = {Stage::route, Cause::no_route};
  addresses[1].failure = {Stage::connect, Cause::no_reply};
  EXPECT_EQ(most_telling(addresses), &addresses[1]);
  EXPECT_EQ(most_telling({}), nullptr);
}

TEST(Proxy, IsReadAsCurlReadsIt) {
  EXPECT_EQ(*parse_proxy("http://proxy.example:3128/"), (Proxy{"proxy.example", 3128, ""}));
  EXPECT_EQ(*parse_proxy("proxy.example"), (Proxy{"proxy.example", 1080, ""}));
  EXPECT_EQ(*parse_proxy("http://u%40x:p:w@[2001:db8::1]:8080"), (Proxy{"2001:db8::1", 8080, "u@x:p:w"}));
  for (const char* bad : {"", "socks5://p:1", "https://p:1", "http://p:0", "http://p:1x", "http://*.p", "http://[::1"})
    EXPECT_FALSE(parse_proxy(bad)) << bad;
  EXPECT_EQ(parse_proxy("socks5://u:secret@p").error().message.find("secret"), std::string::npos);
}

TEST(Proxy, ExceptionsAreDomainsAddressesAndPrefixes) {
  EXPECT_TRUE(exempted("*", "a.example"));
  EXPECT_TRUE(exempted("b.example, .Vault.Azure.net", "x.vault.azure.net"));
  EXPECT_TRUE(exempted("vault.azure.net", "vault.azure.net"));
  EXPECT_FALSE(exempted("vault.azure.net", "notvault.azure.net"));
  EXPECT_TRUE(exempted("10.0.0.0/8", "10.1.2.3"));
  EXPECT_FALSE(exempted("10.0.0.0/8,,", "11.1.2.3"));
  EXPECT_FALSE(exempted("", "a"));
}

TEST(Proxy, LowerCaseVariableComesFirst) {
  std::map<std::string, std::string> variables{{"HTTPS_PROXY", "http://upper:1"}, {"no_proxy", "skip.example"}};
  const Environment environment = [&](const char* name) {
    const auto it = variables.find(name);
    return it == variables.end() ? nullptr : it->second.c_str();
  };
  EXPECT_EQ((*proxy_for("a.example", environment))->host, "upper");
  variables["https_proxy"] = "http://lower:2";
  EXPECT_EQ((*proxy_for("a.example", environment))->host, "lower");
  EXPECT_FALSE(*proxy_for("skip.example", environment));
  EXPECT_FALSE(*proxy_for("a.example", [](const char*) { return nullptr; }));
}

TEST(Proxy, ConnectCarriesCredentials) {
  const std::string request = connect_request({"p", 1, "user:pass"}, "v.vault.azure.net", 443);
  EXPECT_TRUE(request.starts_with("CONNECT v.vault.azure.net:443 HTTP/1.1\r\nHost: v.vault.azure.net:443\r\n"));
  EXPECT_NE(request.find("Proxy-Authorization: Basic dXNlcjpwYXNz\r\n"), std::string::npos);
}

}  // namespace
}  // namespace egresswatch::check
