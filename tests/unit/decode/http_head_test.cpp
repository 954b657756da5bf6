// SPDX-License-Identifier: Apache-2.0
#include "decode/http_head.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace egresswatch::decode {
namespace {

using Form = HttpRequest::Form;

struct Request {
  bool operator==(const Request&) const = default;

  bool sound = false;
  Form form = Form::origin;
  std::string host;
  std::uint16_t port = 0;
};

void PrintTo(const Request& request, std::ostream* out) {
  *out << (request.sound ? "sound" : "refused") << ", form " << static_cast<int>(request.form) << ", '" << request.host
       << "' port " << request.port;
}

Request parse(std::string_view sent) {
  // exactly sized, so that the sanitizers see a read behind it
  const std::vector<char> copy(sent.begin(), sent.end());
  HttpText text;
  HttpRequest out;
  out.host = "left over";
  Request request;
  request.sound = parse_http_request(std::as_bytes(std::span(copy)), text, out);
  request.form = out.form;
  request.host = out.host;
  request.port = out.port;
  return request;
}

Request with_host(const std::string& value) { return parse("GET / HTTP/1.1\r\nHost: " + value + "\r\n\r\n"); }
Request with_target(const std::string& target) {
  return parse("GET " + target + " HTTP/1.1\r\nHost: other.example:81\r\n\r\n");
}
Request connect(const std::string& target) {
  return parse("CONNECT " + target + " HTTP/1.1\r\nHost: other.example:81\r\n\r\n");
}

const Request kRefused{};

TEST(HttpHead, OriginForm) {
  const Request expected{true, Form::origin, "169.254.169.254", 0};
  EXPECT_EQ(parse("GET /metadata/instance?api-version=2021-02-01 HTTP/1.1\r\nMetadata: true\r\n"
                  "Host: 169.254.169.254\r\n\r\n"),
            expected);
}

TEST(HttpHead, AbsoluteFormBeatsHost) {
  EXPECT_EQ(with_target("http://CRL3.digicert.com/a.crl"), (Request{true, Form::absolute, "crl3.digicert.com", 0}));
  EXPECT_EQ(with_target("http://a.example:8080"), (Request{true, Form::absolute, "a.example", 8080}));
  EXPECT_EQ(with_target("HTTPS://a.example.?q=@x"), (Request{true, Form::absolute, "a.example", 0}));
  EXPECT_EQ(with_target("http://[2001:DB8::1]:80/"), (Request{true, Form::absolute, "2001:db8::1", 80}));
}

TEST(HttpHead, ConnectForm) {
  EXPECT_EQ(connect("a.vault.azure.net:443"), (Request{true, Form::connect, "a.vault.azure.net", 443}));
  EXPECT_EQ(connect("[::1]:8443"), (Request{true, Form::connect, "::1", 8443}));
  EXPECT_EQ(connect("a.example"), (Request{true, Form::connect, "a.example", 0}));
  EXPECT_EQ(connect("/path"), (Request{true, Form::connect, "", 0}));
}

TEST(HttpHead, TargetWithoutAHostIsNotReplacedByTheField) {
  EXPECT_EQ(with_target("http:///path"), (Request{true, Form::absolute, "", 0}));
  EXPECT_EQ(with_target("file:///etc/hosts"), (Request{true, Form::absolute, "", 0}));
  EXPECT_EQ(connect(":443"), (Request{true, Form::connect, "", 0}));
}

TEST(HttpHead, UserinfoIsNotAHost) {
  const Request none{true, Form::absolute, "", 0};
  EXPECT_EQ(with_target("http://vault.azure.net@evil.example/"), none);
  EXPECT_EQ(with_target("http://vault.azure.net:443@evil.example/"), none);
  EXPECT_EQ(with_target("http://vault.azure.net:@evil.example/"), none);
  EXPECT_EQ(connect("a@b.example:443"), (Request{true, Form::connect, "", 0}));
  EXPECT_EQ(with_host("a@b.example"), (Request{true, Form::origin, "", 0}));
}

TEST(HttpHead, AsteriskForm) {
  EXPECT_EQ(parse("OPTIONS * HTTP/1.1\r\nHost: a.example\r\n\r\n"), (Request{true, Form::origin, "a.example", 0}));
}

TEST(HttpHead, HostFieldWithoutRegardToCaseAndBlanks) {
  const Request expected{true, Form::origin, "a.example", 8080};
  EXPECT_EQ(parse("GET / HTTP/1.1\r\nhOsT:A.Example:8080\r\n\r\n"), expected);
  EXPECT_EQ(parse("GET / HTTP/1.1\r\nHOST: \t a.example.:8080 \t\r\n\r\n"), expected);
  EXPECT_EQ(parse("GET / HTTP/1.1\nHost: a.example:8080\n\n"), expected);
}

TEST(HttpHead, OtherFieldsAreNotHost) {
  const Request none{true, Form::origin, "", 0};
  EXPECT_EQ(parse("GET / HTTP/1.1\r\nX-Host: a.example\r\nHosts: b.example\r\nHos: c\r\nHost : d\r\n\r\n"), none);
  EXPECT_EQ(parse("GET / HTTP/1.1\r\nno colon\r\n: no name\r\n\r\n"), none);
}

TEST(HttpHead, FirstHostFieldCounts) {
  EXPECT_EQ(with_host("a.example\r\nHost: b.example").host, "a.example");
  EXPECT_EQ(with_host("a b\r\nHost: b.example").host, "");
  EXPECT_EQ(with_host("\r\nHost: b.example").host, "");
}

TEST(HttpHead, FoldedLines) {
  EXPECT_EQ(parse("GET / HTTP/1.1\r\nX: 1\r\n Host: no.example\r\nHost: a.example\r\n\r\n").host, "a.example");
  EXPECT_EQ(with_host("a.example\r\n b").host, "");
  EXPECT_EQ(with_host("a.example\r\n\tb").host, "");
  EXPECT_EQ(with_host("\r\n a.example").host, "");
}

TEST(HttpHead, HostBehindTheHeadIsContent) {
  EXPECT_EQ(parse("POST / HTTP/1.1\r\nX: 1\r\n\r\nHost: a.example\r\n"), (Request{true, Form::origin, "", 0}));
}

TEST(HttpHead, CutAnywhere) {
  const std::string all = "GET / HTTP/1.1\r\nHost: a.example:80\r\n\r\n";
  const std::size_t request_line = 16;
  const std::size_t host_line = all.find("\r\n\r\n") + 2;
  for (std::size_t size = 0; size <= all.size(); ++size) {
    const Request expected = size < request_line ? kRefused
                             : size < host_line  ? Request{true, Form::origin, "", 0}
                                                 : Request{true, Form::origin, "a.example", 80};
    EXPECT_EQ(parse(all.substr(0, size)), expected) << size;
  }
}

TEST(HttpHead, Ports) {
  EXPECT_EQ(with_host("a.example:65535").port, 65535);
  EXPECT_EQ(with_host("a.example:00080").port, 80);
  EXPECT_EQ(with_host("a.example:"), (Request{true, Form::origin, "a.example", 0}));
  EXPECT_EQ(with_host("a.example:0"), (Request{true, Form::origin, "a.example", 0}));
  for (const std::string bad : {"65536", "99999", "000080", "4294967376", "-1", "+1", "8O", "80:80", " 80"})
    EXPECT_EQ(with_host("a.example:" + bad), (Request{true, Form::origin, "", 0})) << bad;
}

TEST(HttpHead, AddressesInBrackets) {
  EXPECT_EQ(with_host("[::FFFF:192.0.2.1]").host, "::ffff:192.0.2.1");
  for (const std::string bad : {"[", "[]", "[]:80", "[::1", "::1", "[::1]80", "[fe80::1%25eth0]", "[fe80::1%eth0]",
                                "[192.0.2.1]", "[a.example]", "[v1.x]", "[:]", "[[::1]]"})
    EXPECT_EQ(with_host(bad), (Request{true, Form::origin, "", 0})) << bad;
}

TEST(HttpHead, LengthOfAHost) {
  const std::string longest = std::string(127, 'a') + "." + std::string(127, 'b');
  EXPECT_EQ(with_host(longest).host, longest);
  EXPECT_EQ(with_host(longest + "b").host, "");
  EXPECT_EQ(with_host(std::string(70000, 'a')).host, "");
  EXPECT_EQ(with_host("[" + std::string(300, ':') + "]").host, "");
}

TEST(HttpHead, NotARequestLine) {
  for (const std::string line : {"",
                                 " ",
                                 "GET",
                                 "GET ",
                                 "GET /",
                                 "GET / ",
                                 "GET  / HTTP/1.1",
                                 "GET / HTTP/1.1 ",
                                 "GET /  HTTP/1.1",
                                 "GET / HTTP/2.0",
                                 "GET / HTTP/1.10",
                                 "GET / HTTP/1.",
                                 "GET / HTTP/1.x",
                                 "GET / http/1.1",
                                 "GET / x HTTP/1.1",
                                 "G(T / HTTP/1.1",
                                 " / HTTP/1.1",
                                 "GET a.example HTTP/1.1",
                                 "GET a.example:80 HTTP/1.1",
                                 "GET :// HTTP/1.1",
                                 "GET 1http://a/ HTTP/1.1",
                                 "GET h_p://a/ HTTP/1.1",
                                 "GET /\x7f HTTP/1.1",
                                 "GET /\x01 HTTP/1.1",
                                 "GET /\xff HTTP/1.1",
                                 "PRI * HTTP/2.0",
                                 "HTTP/1.1 200 OK",
                                 "SSH-2.0-OpenSSH_9.2"})
    EXPECT_EQ(parse(line + "\r\nHost: a.example\r\n\r\n"), kRefused) << line;
}

TEST(HttpHead, AnyMethodAndMinorVersion) {
  EXPECT_EQ(parse("PROPFIND / HTTP/1.0\r\n\r\n"), (Request{true, Form::origin, "", 0}));
  // only CONNECT in capitals is the method (RFC 9110 section 9.1)
  EXPECT_EQ(parse("connect a.example:443 HTTP/1.1\r\n\r\n"), kRefused);
}

}  // namespace
}  // namespace egresswatch::decode
