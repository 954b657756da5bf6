// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "http_client.h"
#include "publish/http_server.h"

namespace egresswatch::publish {

// A server on a port of the kernel's choice, on a thread of its own. All of it is touched only there.
class HttpServerFixture : public testing::Test {
 protected:
  explicit HttpServerFixture(HttpLimits limits = {}) {
    const std::vector<std::string> addresses{"127.0.0.1:0"};
    auto server = HttpServer::listen(io_, addresses, handlers(), limits);
    EXPECT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    where_ = server_->endpoints().at(0);
    thread_ = std::thread([this] { io_.run(); });
  }

  ~HttpServerFixture() override {
    boost::asio::post(io_, [this] { server_.reset(); });
    thread_.join();
  }

  HttpHandlers handlers() {
    return {.metrics = [this] { return metrics_; }, .not_ready = [this] { return not_ready_; }};
  }

  // Runs something on the server's thread and waits for its result.
  template <typename Function>
  auto on_server(Function function) {
    std::packaged_task<decltype(function())()> task(std::move(function));
    auto result = task.get_future();
    boost::asio::post(io_, [&task] { task(); });
    return result.get();
  }

  boost::asio::io_context io_;
  std::string metrics_ = "# TYPE a counter\na 1\n";
  std::string not_ready_;
  std::unique_ptr<HttpServer> server_;
  Endpoint where_;
  std::thread thread_;
};

}  // namespace egresswatch::publish
