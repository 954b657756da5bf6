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
#include <vector>

#include "app/carried_counts.h"
#include "app/commands.h"
#include "app/console.h"
#include "app/control.h"
#include "app/event_log.h"
#include "app/file_watch.h"
#include "app/health.h"
#include "app/history_sink.h"
#include "app/pipeline.h"
#include "app/settings.h"
#include "capture/kernel_source.h"
#include "publish/control_server.h"
#include "publish/http_server.h"
#include "publish/metrics.h"
#include "publish/recent_events.h"
#include "publish/recent_outcomes.h"

namespace egresswatch::app {

// The running daemon: everything on one io_context and one thread.
class Daemon {
 public:
  explicit Daemon(RunOptions options) : options_(std::move(options)), console_(Console::Pace::daemon, options_.lines) {}

  // Until SIGTERM or SIGINT. Leaves nothing behind: what the programs were attached to forgets them with their links.
  std::optional<Failure> run();

 private:
  // Of the time at most this part goes into saving: what a kill would lose is told by the next process.
  static constexpr std::uint64_t kSavingShare = 50;
  // What waits for time to pass does not need to know it to the millisecond.
  static constexpr std::chrono::seconds kTick{2};
  // Requests to reload that come within this time are one.
  static constexpr std::chrono::milliseconds kReloadSettle{50};

  std::optional<Failure> set_up();
  Result<> listen();
  // What the web configuration file says; plain text for everybody without one.
  Result<WebAccess> load_web_access();
  std::optional<Failure> open_control();
  ControlSources control_sources();
  std::string write_history();
  std::string events_after(std::uint64_t number);
  void describe_control(publish::SelfMetrics& self) const;
  void warn_of_missing_probes();
  void wait_for_signal();
  void reload_soon();
  void reload();
  void reload_web();
  void watch_files();
  void arm_tick();
  void on_tick();
  void check_completeness();
  publish::SelfMetrics describe_self();
  std::optional<Failure> load_source();
  Pipeline& make_pipeline();
  void restore();
  void begin_where_the_last_ended();
  void save();
  void save_if_affordable();

  RunOptions options_;
  boost::asio::io_context io_{1};
  Settings settings_;
  std::vector<std::string> web_files_;  // the web configuration, and what it names
  Console console_;
  // In the order in which they depend on each other; destroyed the other way round.
  EventLog event_log_{console_.sink()};
  publish::RecentEvents events_{event_log_};
  publish::RecentOutcomes recent_{events_};
  HistorySink history_{recent_};
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<capture::KernelSource> source_;
  Completeness completeness_;
  CarriedCounts carried_;
  std::uint64_t lost_by_restart_ = 0;
  std::uint64_t saved_records_ = 0;  // Pipeline::records() then
  std::uint64_t save_again_ns_ = 0;  // CLOCK_MONOTONIC
  bool saving_fails_ = false;        // and that was said
  ReloadState reload_;
  std::unique_ptr<publish::Metrics> metrics_;
  std::uint64_t started_ns_ = 0;  // CLOCK_REALTIME
  std::unique_ptr<publish::HttpServer> http_;
  std::unique_ptr<publish::ControlServer> control_;  // null if there is none
  boost::asio::signal_set signals_{io_};
  boost::asio::steady_timer reload_timer_{io_};
  bool reload_wanted_ = false;
  FileWatch files_{io_, [this] { reload(); }};
  boost::asio::steady_timer tick_{io_};
};

}  // namespace egresswatch::app
