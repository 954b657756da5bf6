// SPDX-License-Identifier: Apache-2.0
// Whole checks against servers on loopback that behave well or as a middlebox does.
#include "check/run.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>

#include <cstdio>
#include <cstdlib>

#include "loopback.h"

namespace egresswatch::check {
namespace {

constexpr std::uint64_t kTimeout = 500'000'000;
constexpr std::string_view kOk =
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nx-ms-keyvault-network-info: addr=10.0.0.4\r\n\r\n";

EndpointResult check_one(const std::string& url_host, std::uint16_t port, Protocol protocol,
                         BuiltinService kind = BuiltinService::key_vault, const char* proxy = nullptr) {
  RunOptions options{kTimeout, {{}, "127.0.0.1 vault.test proxy.test\n"}, [=](const char* name) -> const char* {
                       return std::string_view(name) == "https_proxy" ? proxy : nullptr;
                     }};
  const Target target{std::string(to_string(kind)), kind, url_host, port, protocol};
  auto results = run({target}, options, [](std::size_t) {});
  return std::move(results->front());
}

Failure tls_against(std::function<void(UniqueFd)> serve, TlsResult* tls = nullptr) {
  const TcpServer server(std::move(serve));
  EndpointResult result = check_one("vault.test", server.port(), Protocol::https);
  if (tls) *tls = result.tls;
  return result.failure;
}

Failure http_against(std::string_view answer, BuiltinService kind) {
  const TcpServer server([=](UniqueFd fd) {
    read_request(fd.get());
    send_text(fd.get(), answer);
  });
  return check_one("vault.test", server.port(), Protocol::http, kind).failure;
}

// The server's certificate, trusted through SSL_CERT_FILE while this lives.
class Trusted {
 public:
  explicit Trusted(const Certificate& certificate) {
    std::FILE* file = ::fdopen(::mkstemp(path_), "w");
    PEM_write_X509(file, certificate.certificate);
    std::fclose(file);
    ::setenv("SSL_CERT_FILE", path_, 1);
  }
  Trusted(const Trusted&) = delete;
  Trusted& operator=(const Trusted&) = delete;
  ~Trusted() {
    ::unsetenv("SSL_CERT_FILE");
    ::unlink(path_);
  }

 private:
  char path_[32] = "/tmp/check-ca-XXXXXX";
};

TEST(Check, EverythingWorks) {
  const Certificate certificate("vault.test");
  const Trusted trusted(certificate);
  const TcpServer server([&](UniqueFd fd) { serve_tls(std::move(fd), certificate, kOk); });
  const EndpointResult result = check_one("vault.test", server.port(), Protocol::https);
  EXPECT_TRUE(result.ok()) << to_string(result.failure.cause) << result.tls.problem;
  EXPECT_EQ(result.dns.source, DnsResult::Source::hosts_file);
  EXPECT_EQ(result.http.status, 200U);
  EXPECT_EQ(result.http.network_info, "addr=10.0.0.4");
  EXPECT_EQ(result.tls.version, "TLSv1.3");
  EXPECT_GT(result.connect_ns, 0U);
  EXPECT_GT(result.tls.duration_ns, 0U);
  EXPECT_GT(result.http.first_byte_ns, 0U);
}

TEST(Check, AnUntrustedCertificateIsShown) {
  const Certificate certificate("vault.test");
  TlsResult tls;
  EXPECT_EQ(tls_against([&](UniqueFd fd) { serve_tls(std::move(fd), certificate, kOk); }, &tls),
            (Failure{Stage::tls, Cause::client_rejected}));
  EXPECT_NE(tls.issuer.find("Inspecting CA of the test"), std::string::npos) << tls.issuer;
  EXPECT_NE(tls.problem.find("self-signed"), std::string::npos) << tls.problem;
}

TEST(Check, ACertificateForAnotherNameIsRejected) {
  const Certificate certificate("other.test");
  const Trusted trusted(certificate);
  TlsResult tls;
  EXPECT_EQ(tls_against([&](UniqueFd fd) { serve_tls(std::move(fd), certificate, kOk); }, &tls),
            (Failure{Stage::tls, Cause::client_rejected}));
  EXPECT_NE(tls.problem.find("hostname mismatch"), std::string::npos) << tls.problem;
}

TEST(Check, WhatAMiddleboxDoesAfterTheHello) {
  EXPECT_EQ(tls_against([](UniqueFd fd) {
              read_request(fd.get());
              reset(std::move(fd));
            }),
            (Failure{Stage::tls, Cause::reset_after_hello}));
  EXPECT_EQ(tls_against([](UniqueFd fd) { read_request(fd.get()); }), (Failure{Stage::tls, Cause::closed_after_hello}));
  std::vector<UniqueFd> kept;
  EXPECT_EQ(tls_against([&](UniqueFd fd) { kept.push_back(std::move(fd)); }),
            (Failure{Stage::tls, Cause::no_server_response}));
}

TEST(Check, AnAlertOfTheServerIsNamed) {
  TlsResult tls;
  // record of type alert, TLS 1.2, two bytes: fatal, unrecognized_name
  EXPECT_EQ(tls_against(
                [](UniqueFd fd) {
                  read_request(fd.get());
                  send_text(fd.get(), std::string_view("\x15\x03\x03\x00\x02\x02\x70", 7));
                },
                &tls),
            (Failure{Stage::tls, Cause::closed_after_hello}));
  EXPECT_NE(tls.problem.find("unrecognized name"), std::string::npos) << tls.problem;
}

TEST(Check, AnAnswerThatIsNotTls) {
  EXPECT_EQ(tls_against([](UniqueFd fd) {
              read_request(fd.get());
              send_text(fd.get(), "HTTP/1.1 403 Forbidden\r\n\r\n");
              read_request(fd.get());
            }),
            (Failure{Stage::tls, Cause::client_rejected}));
}

TEST(Check, AClosedPortIsRefused) {
  std::uint16_t port = 0;
  { port = Bound(SOCK_STREAM).port(); }
  const EndpointResult result = check_one("127.0.0.1", port, Protocol::https);
  EXPECT_EQ(result.failure, (Failure{Stage::connect, Cause::refused}));
  ASSERT_EQ(result.addresses.size(), 1U);
  EXPECT_EQ(result.addresses[0].error, ECONNREFUSED);
}

TEST(Check, PlainHttp) {
  EXPECT_EQ(http_against("HTTP/1.1 470 Denied\r\n\r\n", BuiltinService::revocation).cause, Cause::denied_by_firewall);
  EXPECT_EQ(http_against("HTTP/1.1 429 Too Many\r\n\r\n", BuiltinService::imds).cause, Cause::imds_throttled);
  EXPECT_EQ(http_against("HTTP/1.1 404 Not Found\r\n\r\n", BuiltinService::revocation), Failure{});
  EXPECT_EQ(http_against("", BuiltinService::revocation).cause, Cause::http_error);
  EXPECT_EQ(http_against("junk\r\n\r\n", BuiltinService::revocation).cause, Cause::http_error);
  EXPECT_EQ(http_against("HTTP/1.1 200 OK\r\nX: " + std::string(20000, 'x'), BuiltinService::revocation).cause,
            Cause::http_error);
}

TEST(Check, SilenceAfterTheRequestIsATimeout) {
  std::vector<UniqueFd> kept;
  const TcpServer server([&](UniqueFd fd) { kept.push_back(std::move(fd)); });
  const EndpointResult result = check_one("vault.test", server.port(), Protocol::http, BuiltinService::revocation);
  EXPECT_EQ(result.failure, (Failure{Stage::data, Cause::timeout}));
}

EndpointResult through_proxy(std::string_view answer) {
  const TcpServer proxy([=](UniqueFd fd) {
    EXPECT_TRUE(read_request(fd.get()).starts_with("CONNECT hidden.test:443 HTTP/1.1\r\n"));
    send_text(fd.get(), answer);
  });
  const std::string url = "http://proxy.test:" + std::to_string(proxy.port());
  return check_one("hidden.test", 443, Protocol::https, BuiltinService::key_vault, url.c_str());
}

TEST(Check, AProxyThatSaysNo) {
  EXPECT_EQ(through_proxy("HTTP/1.1 407 Auth\r\n\r\n").failure.cause, Cause::proxy_auth_required);
  EXPECT_EQ(through_proxy("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno").failure.cause, Cause::proxy_denied);
  const EndpointResult bad = through_proxy("HTTP/1.1 502 Bad\r\n\r\n");
  EXPECT_EQ(bad.failure, (Failure{Stage::proxy, Cause::proxy_error}));
  EXPECT_EQ(bad.proxy_status, 502U);
  EXPECT_EQ(through_proxy("").failure.cause, Cause::proxy_error);
}

TEST(Check, TlsThroughAProxy) {
  const Certificate certificate("hidden.test");
  const Trusted trusted(certificate);
  const TcpServer proxy([&](UniqueFd fd) {
    read_request(fd.get());
    send_text(fd.get(), "HTTP/1.1 200 Connection established\r\n\r\n");
    serve_tls(std::move(fd), certificate, kOk);
  });
  const std::string url = "http://proxy.test:" + std::to_string(proxy.port());
  const EndpointResult result = check_one("hidden.test", 443, Protocol::https, BuiltinService::key_vault, url.c_str());
  EXPECT_TRUE(result.ok()) << to_string(result.failure.cause) << result.tls.problem;
  EXPECT_EQ(result.proxy_status, 200U);
  EXPECT_EQ(result.http.status, 200U);
}

TEST(Check, ManyTargetsKeepTheirOrder) {
  std::vector<Target> targets;
  for (std::uint16_t i = 0; i < 40; ++i)
    targets.push_back({"other", BuiltinService::other, "127.0.0.1", static_cast<std::uint16_t>(1 + i), Protocol::http});
  const auto results = run(targets, {kTimeout, {}, [](const char*) { return nullptr; }}, [](std::size_t) {});
  ASSERT_EQ(results->size(), targets.size());
  for (std::size_t i = 0; i < targets.size(); ++i) EXPECT_EQ((*results)[i].target, targets[i]);
}

}  // namespace
}  // namespace egresswatch::check
