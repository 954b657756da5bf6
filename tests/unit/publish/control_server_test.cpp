// SPDX-License-Identifier: Apache-2.0
#include "publish/control_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <fstream>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "control_fixture.h"
#include "http_client.h"

namespace egresswatch::publish {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class ControlServerTest : public ::testing::Test {
 protected:
  explicit ControlServerTest(HttpLimits limits = ControlServer::kLimits) {
    auto server =
        ControlServer::listen(io_, path_,
                              {.status = [this] { return status_; },
                               .explain = [](std::string_view target) { return "about " + std::string(target); },
                               .flush = [] { return std::string("flushed"); },
                               .events = [](std::uint64_t after) { return "after " + std::to_string(after); }},
                              limits);
    EXPECT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    thread_ = std::thread([this] { io_.run(); });
  }
  ~ControlServerTest() override {
    boost::asio::post(io_, [this] { server_.reset(); });
    thread_.join();
  }

  template <typename Function>
  auto on_server(Function function) {
    std::packaged_task<decltype(function())()> task(std::move(function));
    auto result = task.get_future();
    boost::asio::post(io_, [&task] { task(); });
    return result.get();
  }
  ControlRefusals refusals() {
    return on_server([this] { return server_->refusals(); });
  }
  std::string ask(const std::string& request_target) {
    RawConnection connection(path_);
    connection.send("GET " + request_target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    return connection.read_response();
  }

  OpenDirectory directory_;
  std::string path_ = directory_ / "c.sock";
  std::string status_ = "{\"version\":1}";
  boost::asio::io_context io_;
  std::unique_ptr<ControlServer> server_;
  std::thread thread_;
};

TEST_F(ControlServerTest, Status) {
  EXPECT_THAT(ask("/v1/status"),
              AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("\r\nContent-Type: application/json\r\n"),
                    EndsWith("\r\n\r\n{\"version\":1}")));
}

TEST_F(ControlServerTest, Explain) {
  EXPECT_THAT(ask("/v1/explain?target=2001%3Adb8%3A%3A1"), EndsWith("\r\n\r\nabout 2001:db8::1"));
}

TEST_F(ControlServerTest, Flush) { EXPECT_THAT(ask("/v1/flush"), EndsWith("\r\n\r\nflushed")); }

TEST_F(ControlServerTest, Events) { EXPECT_THAT(ask("/v1/events?after=12"), EndsWith("\r\n\r\nafter 12")); }

TEST_F(ControlServerTest, WhatIsNotServed) {
  EXPECT_THAT(ask("/metrics"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(ask("/v1/explain"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(ask("/v1/status?" + std::string(2000, 'x')), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(ask("/v1/status?" + std::string(9000, 'x')), StartsWith("HTTP/1.1 431"));
  RawConnection connection(path_);
  connection.send("DELETE /v1/status HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(connection.read_response(), StartsWith("HTTP/1.1 405"));
}

TEST_F(ControlServerTest, AnAnswerThatIsTooLongIsAFailure) {
  on_server([this] { return status_.assign(ControlServer::kMaxResponse + 1, 'x'), 0; });
  EXPECT_THAT(ask("/v1/status"), AllOf(StartsWith("HTTP/1.1 500"), EndsWith("The answer would be too long.\n")));
  on_server([this] { return status_.assign(ControlServer::kMaxResponse, 'x'), 0; });
  EXPECT_THAT(ask("/v1/status"), StartsWith("HTTP/1.1 200"));
}

TEST_F(ControlServerTest, HalfOpenClientsMakeRoom) {
  std::vector<std::unique_ptr<RawConnection>> half_open;
  for (int i = 0; i < 16; ++i) {
    half_open.push_back(std::make_unique<RawConnection>(path_));
    half_open.back()->send("GET /v1/status HTTP/1.1\r\nHo");
  }
  EXPECT_THAT(ask("/v1/status"), StartsWith("HTTP/1.1 200"));
  EXPECT_TRUE(half_open.front()->closed_within(milliseconds(5'000)));
  EXPECT_EQ(refusals().too_many, 1U);
}

TEST_F(ControlServerTest, ASecondServerOnTheSocketIsAnError) {
  boost::asio::io_context io;
  const auto second = ControlServer::listen(io, path_, {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, EADDRINUSE);
  EXPECT_THAT(ask("/v1/status"), StartsWith("HTTP/1.1 200"));
}

TEST_F(ControlServerTest, TheFileGoesWithTheServerUnlessItIsAnothers) {
  boost::asio::io_context io;
  const std::string path = directory_ / "other.sock";
  { ASSERT_TRUE(ControlServer::listen(io, path, {})); }
  EXPECT_FALSE(std::filesystem::exists(path));
  {
    const auto server = ControlServer::listen(io, path, {});
    std::filesystem::rename(path, directory_ / "kept.sock");
    std::ofstream(path) << "of somebody else";
  }
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(ControlServerTest, WhoMayNotAskGetsNothingButAClose) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to become somebody else";
  ASSERT_EQ(::chmod(path_.c_str(), 0666), 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_.copy(address.sun_path, sizeof address.sun_path - 1);
  const int bytes = as({.uid = 54320, .gid = 54320, .groups = {}}, [&address] {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return 50;
    constexpr std::string_view kRequest = "GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n";
    (void)::send(fd, kRequest.data(), kRequest.size(), MSG_NOSIGNAL);
    char answer[64];
    const ssize_t got = ::recv(fd, answer, sizeof answer, 0);
    return got > 0 ? static_cast<int>(got) : 0;
  });
  EXPECT_EQ(bytes, 0);
  EXPECT_EQ(refusals().not_permitted, 1U);
  EXPECT_THAT(ask("/v1/status"), StartsWith("HTTP/1.1 200"));
}

class ControlTimeoutTest : public ControlServerTest {
 protected:
  ControlTimeoutTest() : ControlServerTest({.connections = 16, .timeout = milliseconds(200)}) {}
};

TEST_F(ControlTimeoutTest, ASilentClientIsClosed) {
  RawConnection connection(path_);
  EXPECT_TRUE(connection.closed_within(milliseconds(5'000)));
}

TEST_F(ControlTimeoutTest, ASlowReaderIsDroppedAndCounted) {
  on_server([this] { return status_.assign(ControlServer::kMaxResponse, 'x'), 0; });
  RawConnection connection(path_);
  connection.send("GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n");
  std::this_thread::sleep_for(milliseconds(1'000));
  EXPECT_LT(connection.read_response().size(), ControlServer::kMaxResponse);
  EXPECT_EQ(refusals().slow_readers, 1U);
}

}  // namespace
}  // namespace egresswatch::publish
