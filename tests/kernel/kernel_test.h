// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>

#include "base/clock.h"
#include "capture/kernel_source.h"
#include "harness/network_namespace.h"
#include "harness/sockets.h"
#include "kernel/journal.h"

namespace egresswatch::testing {

// Real programs on the real kernel. A test calls start(), does one thing, waits for its last event, calls stop() and
// takes the events out of the journal; at the end nothing of the test's may be left there.
class KernelTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "loading BPF programs needs root";
    journal_.own_process(static_cast<std::uint32_t>(::getpid()));
  }

  void TearDown() override {
    stop();
    EXPECT_THAT(journal_.left_over(), ::testing::IsEmpty());
    EXPECT_THAT(journal_.refused(), ::testing::IsEmpty());
    if (source_ && !may_lose_) {
      EXPECT_EQ(source_->totals().lost[EGW_LOST_RING_FULL], 0U);
    }
  }

  // The ring has room for what a busy host does while a test is not reading.
  void start(const capture::KernelOptions& options = {.ring_bytes = 1 << 24}) {
    auto source = capture::KernelSource::make(io_, options);
    if (!source) throw std::runtime_error(source.error().message);
    source_ = std::move(*source);
    if (auto started = source_->start(journal_); !started) throw std::runtime_error(started.error().message);
    for (const capture::Probe& probe : source_->probes())
      EXPECT_TRUE(probe.attached || probe.reason.starts_with("this kernel has no "))
          << probe.name << ": " << probe.reason;
  }

  // Everything that happened before is in the journal afterwards.
  void stop() {
    if (source_ && !stopped_) source_->stop();
    stopped_ = true;
  }

  void wait_until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("what the test waits for did not come");
      io_.run_for(std::chrono::milliseconds(5));
    }
  }
  // For calls that block: reads the ring meanwhile.
  void wait_while(const std::function<void()>& action) {
    std::atomic<bool> done = false;
    std::thread thread([&] {
      action();
      done = true;
    });
    try {
      wait_until([&] { return done.load(); });
    } catch (...) {
      thread.join();
      throw;
    }
    thread.join();
  }
  template <typename T>
  void wait_for(SocketId socket) {
    wait_until([&] { return journal_.has<T>(socket); });
  }

  UniqueFd listen_here(const char* address) {
    UniqueFd listener = listen_at(endpoint(address, 0));
    journal_.own_port(local_endpoint(listener).port);
    return listener;
  }

  boost::asio::io_context io_;
  Journal journal_;
  std::unique_ptr<capture::KernelSource> source_;
  bool stopped_ = false;
  bool may_lose_ = false;
};

}  // namespace egresswatch::testing
