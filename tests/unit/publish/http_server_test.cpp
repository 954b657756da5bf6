// SPDX-License-Identifier: Apache-2.0
// What the server answers.
#include "publish/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "http_fixture.h"

namespace egresswatch::publish {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class HttpServerTest : public HttpServerFixture {};

TEST_F(HttpServerTest, Metrics) {
  EXPECT_THAT(get(where_, "/metrics"),
              AllOf(StartsWith("HTTP/1.1 200 OK\r\n"),
                    HasSubstr("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"),
                    HasSubstr("\r\nVary: Accept-Encoding\r\n"), EndsWith("\r\n\r\n# TYPE a counter\na 1\n")));
}

TEST_F(HttpServerTest, AQueryIsIgnored) { EXPECT_THAT(get(where_, "/metrics?x=1"), HasSubstr("a 1\n")); }

TEST_F(HttpServerTest, GzipIfTheClientAcceptsIt) {
  const std::string response = get(where_, "/metrics", "Accept-Encoding: gzip\r\n");
  EXPECT_THAT(response, AllOf(HasSubstr("\r\nContent-Encoding: gzip\r\n"), HasSubstr("\r\n\r\n\x1f\x8b")));
}

TEST_F(HttpServerTest, SeveralAcceptEncodingFieldsAreOneList) {
  EXPECT_THAT(get(where_, "/metrics", "Accept-Encoding: br\r\nAccept-Encoding: gzip\r\n"),
              HasSubstr("\r\nContent-Encoding: gzip\r\n"));
}

TEST_F(HttpServerTest, NoGzipIfTheClientForbidsIt) {
  EXPECT_THAT(get(where_, "/metrics", "Accept-Encoding: gzip;q=0\r\n"), Not(HasSubstr("Content-Encoding")));
}

TEST_F(HttpServerTest, LandingPageLinksToTheMetrics) {
  EXPECT_THAT(get(where_, "/"),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("\r\nContent-Type: text/html; charset=utf-8"),
                    HasSubstr("href=\"/metrics\"")));
}

TEST_F(HttpServerTest, Healthy) { EXPECT_THAT(get(where_, "/-/healthy"), StartsWith("HTTP/1.1 200")); }

TEST_F(HttpServerTest, ReadyOrWhatIsMissing) {
  EXPECT_THAT(get(where_, "/-/ready"), StartsWith("HTTP/1.1 200"));
  on_server([this] { return not_ready_ = "No probe is attached."; });
  EXPECT_THAT(get(where_, "/-/ready"), AllOf(StartsWith("HTTP/1.1 503"), EndsWith("\r\n\r\nNo probe is attached.\n")));
}

TEST_F(HttpServerTest, UnknownPath) { EXPECT_THAT(get(where_, "/metrics/"), StartsWith("HTTP/1.1 404")); }

TEST_F(HttpServerTest, OtherMethods) {
  RawConnection connection(where_);
  connection.send("DELETE /metrics HTTP/1.1\r\nHost: test\r\n\r\n");
  EXPECT_THAT(connection.read_response(), AllOf(StartsWith("HTTP/1.1 405"), HasSubstr("\r\nAllow: GET, HEAD\r\n")));
}

TEST_F(HttpServerTest, HeadHasTheLengthAndNoBody) {
  RawConnection connection(where_);
  connection.send("HEAD /metrics HTTP/1.1\r\nHost: test\r\n\r\nGET /-/healthy HTTP/1.1\r\nHost: test\r\n\r\n");
  EXPECT_THAT(connection.read_response(false),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("\r\nContent-Length: 21\r\n")));
  EXPECT_THAT(connection.read_response(), EndsWith("\r\n\r\nHealthy.\n"));
}

TEST_F(HttpServerTest, AConnectionServesManyRequests) {
  RawConnection connection(where_);
  for (int i = 0; i < 100; ++i) {
    connection.send("GET /metrics HTTP/1.1\r\nHost: test\r\n\r\n");
    ASSERT_THAT(connection.read_response(), EndsWith("a 1\n"));
  }
}

TEST_F(HttpServerTest, Http10IsClosedAfterTheAnswer) {
  RawConnection connection(where_);
  connection.send("GET /-/healthy HTTP/1.0\r\n\r\n");
  EXPECT_THAT(connection.read_response(), StartsWith("HTTP/1.0 200"));
  EXPECT_TRUE(connection.closed_within(std::chrono::seconds(5)));
}

TEST_F(HttpServerTest, AFailingHandlerIsAnAnswerToo) {
  boost::asio::io_context io;
  const std::vector<std::string> addresses{"127.0.0.1:0"};
  auto server = HttpServer::listen(
      io, addresses, {.metrics = []() -> std::string { throw std::runtime_error("x"); }, .not_ready = {}});
  ASSERT_TRUE(server);
  const Endpoint where = (*server)->endpoints().at(0);
  std::thread thread([&io] { io.run(); });
  EXPECT_THAT(get(where, "/metrics"), StartsWith("HTTP/1.1 500"));
  boost::asio::post(io, [&server] { server->reset(); });
  thread.join();
}

TEST_F(HttpServerTest, CurlUnderstandsIt) {
  const std::string command =
      "curl -sS --compressed --noproxy '*' -w '%{http_code}' http://" + where_.to_string() + "/metrics 2>&1";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string output;
  for (int c = 0; (c = std::fgetc(pipe)) != EOF;) output += static_cast<char>(c);
  ::pclose(pipe);
  EXPECT_EQ(output, metrics_ + "200");
}

TEST_F(HttpServerTest, ATakenPortIsOneSentenceWithTheRemedy) {
  boost::asio::io_context io;
  const std::vector<std::string> addresses{where_.to_string()};
  const auto server = HttpServer::listen(io, addresses, handlers());
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().message, "cannot listen on " + where_.to_string() +
                                        ": Address already in use; another process listens there: "
                                        "stop it, or choose another port with --web.listen-address");
}

TEST_F(HttpServerTest, AForeignAddressIsOneSentenceWithTheRemedy) {
  boost::asio::io_context io;
  const std::vector<std::string> addresses{"192.0.2.77:0"};
  const auto server = HttpServer::listen(io, addresses, handlers());
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message, HasSubstr("this host does not have that address"));
}

TEST_F(HttpServerTest, ListensOnSeveralAddresses) {
  boost::asio::io_context io;
  const std::vector<std::string> addresses{"127.0.0.1:0", "127.0.0.2:0"};
  auto server = HttpServer::listen(io, addresses, handlers());
  ASSERT_TRUE(server);
  const auto endpoints = (*server)->endpoints();
  std::thread thread([&io] { io.run(); });
  ASSERT_EQ(endpoints.size(), 2);
  for (const Endpoint& endpoint : endpoints) EXPECT_THAT(get(endpoint, "/-/healthy"), StartsWith("HTTP/1.1 200"));
  boost::asio::post(io, [&server] { server->reset(); });
  thread.join();
}

TEST_F(HttpServerTest, NoHostIsReachedOverIpv4Too) {
  boost::asio::io_context io;
  const std::vector<std::string> addresses{":0"};
  auto server = HttpServer::listen(io, addresses, handlers());
  ASSERT_TRUE(server) << server.error().message;
  const Endpoint where{IpAddress::v4(127, 0, 0, 1), (*server)->endpoints().at(0).port};
  std::thread thread([&io] { io.run(); });
  EXPECT_THAT(get(where, "/-/healthy"), StartsWith("HTTP/1.1 200"));
  boost::asio::post(io, [&server] { server->reset(); });
  thread.join();
}

}  // namespace
}  // namespace egresswatch::publish
