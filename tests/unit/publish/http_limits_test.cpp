// SPDX-License-Identifier: Apache-2.0
// Clients that are malformed, slow, silent or too many.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "http_fixture.h"

namespace egresswatch::publish {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class HttpLimitsTest : public HttpServerFixture {
 protected:
  HttpLimitsTest() : HttpServerFixture({.timeout = milliseconds(10'000)}) {}

  // The answer to these bytes, after which the server must close.
  std::string answer_and_close(std::string_view bytes) {
    RawConnection connection(where_);
    connection.send(bytes);
    std::string response = connection.read_response();
    EXPECT_TRUE(connection.closed_within(milliseconds(5'000)));
    return response;
  }
};

TEST_F(HttpLimitsTest, MalformedRequests) {
  for (const char* bytes :
       {"\x16\x03\x01\x02\x01\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\nbad field\r\n\r\n"})
    EXPECT_THAT(answer_and_close(bytes), AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("Connection: close"))) << bytes;
}

TEST_F(HttpLimitsTest, Http11NeedsOneHost) {
  EXPECT_THAT(answer_and_close("GET / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer_and_close("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), StartsWith("HTTP/1.1 400"));
}

TEST_F(HttpLimitsTest, AHeaderThatIsTooLarge) {
  const std::string field = "X-Large: " + std::string(9'000, 'x') + "\r\n";
  EXPECT_THAT(answer_and_close("GET / HTTP/1.1\r\nHost: a\r\n" + field + "\r\n"), StartsWith("HTTP/1.1 431"));
}

TEST_F(HttpLimitsTest, AHeaderThatNeverEnds) {
  EXPECT_THAT(answer_and_close("GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x')), StartsWith("HTTP/1.1 431"));
}

TEST_F(HttpLimitsTest, ABody) {
  EXPECT_THAT(answer_and_close("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"),
              StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(
      answer_and_close("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
      StartsWith("HTTP/1.1 413"));
}

TEST_F(HttpLimitsTest, AnEmptyBodyIsNone) {
  EXPECT_THAT(get(where_, "/-/healthy", "Content-Length: 0\r\n"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpLimitsTest, AHundredHalfOpenClientsDoNotDelayAScrape) {
  std::vector<std::unique_ptr<RawConnection>> half_open;
  for (int i = 0; i < 100; ++i) {
    half_open.push_back(std::make_unique<RawConnection>(where_));
    if (i % 2 == 0) half_open.back()->send("GET /metrics HTTP/1.1\r\nHost: ");
  }
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(get(where_, "/metrics"), StartsWith("HTTP/1.1 200"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(200));
  EXPECT_EQ(on_server([this] { return server_->connections_refused(); }), 100 + 1 - 64);
}

TEST_F(HttpLimitsTest, TheConnectionThatWaitedLongestMakesRoom) {
  std::vector<std::unique_ptr<RawConnection>> idle;
  for (int i = 0; i < 65; ++i) idle.push_back(std::make_unique<RawConnection>(where_));
  EXPECT_TRUE(idle.front()->closed_within(milliseconds(5'000)));
  EXPECT_FALSE(idle.at(1)->closed_within(milliseconds(50)));
}

class HttpTimeoutTest : public HttpServerFixture {
 protected:
  HttpTimeoutTest() : HttpServerFixture({.timeout = milliseconds(200)}) {}
};

TEST_F(HttpTimeoutTest, ASilentClientIsClosed) {
  RawConnection connection(where_);
  EXPECT_TRUE(connection.closed_within(milliseconds(5'000)));
}

TEST_F(HttpTimeoutTest, AClientThatSendsByteByByteIsClosedToo) {
  RawConnection connection(where_);
  bool closed = false;
  for (int i = 0; i < 100 && !closed; ++i) {
    connection.send("G");
    closed = connection.closed_within(milliseconds(50));
  }
  EXPECT_TRUE(closed);
}

TEST_F(HttpTimeoutTest, AnIdleConnectionIsClosedAfterItsRequest) {
  RawConnection connection(where_);
  connection.send("GET /-/healthy HTTP/1.1\r\nHost: test\r\n\r\n");
  EXPECT_THAT(connection.read_response(), StartsWith("HTTP/1.1 200"));
  EXPECT_TRUE(connection.closed_within(milliseconds(5'000)));
}

TEST_F(HttpTimeoutTest, AClientThatDoesNotReadIsClosed) {
  on_server([this] {
    metrics_.assign(64 << 20, 'x');
    return 0;
  });
  RawConnection connection(where_);
  connection.send("GET /metrics HTTP/1.1\r\nHost: test\r\n\r\n");
  std::this_thread::sleep_for(milliseconds(1'000));
  EXPECT_LT(connection.read_response().size(), metrics_.size());
}

}  // namespace
}  // namespace egresswatch::publish
