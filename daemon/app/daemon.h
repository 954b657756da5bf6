// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "app/commands.h"
#include "app/console.h"
#include "app/control.h"
#include "app/health.h"
#include "app/pipeline.h"
#include "app/settings.h"
#include "capture/kernel_source.h"
#include "publish/control_server.h"
#include "publish/http_server.h"
#include "publish/metrics.h"
#include "publish/recent_outcomes.h"

namespace egresswatch::app {

// The running daemon: everything on one io_context and one thread.
class Daemon {
 public:
  explicit Daemon(RunOptions options) : options_(std::move(options)), console_(Console::Pace::daemon, options_.lines) {}

  // Until SIGTERM or SIGINT. Leaves nothing behind: what the programs were attached to forgets them with their links.
  std::optional<Failure> run();

 private:
  // What waits for time to pass does not need to know it to the millisecond.
  static constexpr std::chrono::seconds kTick{2};

  std::optional<Failure> set_up();
  Result<> listen();
  std::optional<Failure> open_control();
  ControlSources control_sources();
  void describe_control(publish::SelfMetrics& self) const;
  void warn_of_missing_probes();
  void wait_for_signal();
  void reload();
  void arm_tick();
  void on_tick();
  void check_completeness();

  RunOptions options_;
  boost::asio::io_context io_{1};
  Settings settings_;
  Console console_;
  // In the order in which they depend on each other; destroyed the other way round.
  publish::RecentOutcomes recent_{console_.sink()};
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<capture::KernelSource> source_;
  Completeness completeness_;
  ReloadState reload_;
  std::unique_ptr<publish::Metrics> metrics_;
  std::uint64_t started_ns_ = 0;  // CLOCK_REALTIME
  std::unique_ptr<publish::HttpServer> http_;
  std::unique_ptr<publish::ControlServer> control_;  // null if there is none
  boost::asio::signal_set signals_{io_};
  boost::asio::steady_timer tick_{io_};
};

}  // namespace egresswatch::app
