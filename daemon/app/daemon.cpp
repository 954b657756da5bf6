// SPDX-License-Identifier: Apache-2.0
#include "app/daemon.h"

#include <cerrno>
#include <csignal>
#include <string>

#include "app/logging.h"
#include "app/service_manager.h"
#include "base/clock.h"
#include "capture/privileges.h"

namespace egresswatch::app {

std::optional<Failure> run(const RunOptions& options) { return Daemon(options).run(); }

std::optional<Failure> Daemon::run() {
  // before anything else: a signal that comes during the start waits for its turn
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) signals_.add(signal);
  if (auto failure = set_up()) return failure;
  wait_for_signal();
  arm_tick();
  log::info("watching; metrics on " + http_->endpoints().front().to_string());
  service_manager::ready("watching");
  io_.run();

  service_manager::stopping();
  control_.reset();
  http_.reset();
  source_->stop();
  pipeline_->on_batch_end();
  console_.tick();
  return std::nullopt;
}

std::optional<Failure> Daemon::set_up() {
  // a reader of the lines that goes away must not end the daemon
  std::signal(SIGPIPE, SIG_IGN);
  auto settings = load_settings(options_.config_file);
  if (!settings) return Failure{ExitCode::usage, settings.error()};
  settings_ = std::move(*settings);
  start_logging(settings_.config.log.level);
  started_ns_ = wall_ns();
  reload_.success_ns = started_ns_;

  if (!options_.listen_addresses.empty()) {
    settings_.config.web.listen_addresses.clear();
    for (const std::string& text : options_.listen_addresses) {
      auto address = config::parse_listen_address(text);
      if (!address) return Failure{ExitCode::usage, std::move(address).error().in("--web.listen-address")};
      settings_.config.web.listen_addresses.push_back(*address);
    }
  }
  if (options_.control_socket) settings_.config.control.socket = *options_.control_socket;

  auto source = capture::KernelSource::make(
      io_, {.ring_bytes = settings_.config.capture.ring_bytes, .sockets = settings_.config.limits.sockets});
  if (!source)
    return Failure{source.error().code == EPERM ? ExitCode::usage : ExitCode::kernel_unsuitable, source.error()};
  source_ = std::move(*source);

  Pipeline::Options options;
  options.limits = settings_.config.limits;
  options.dns = settings_.config.dns;
  options.diagnose = settings_.config.diagnose;
  pipeline_ = std::make_unique<Pipeline>(options, settings_.classifier, recent_);
  pipeline_->set_wall_offset(wall_ns() - monotonic_ns());

  if (auto listening = listen(); !listening) return Failure{ExitCode::usage, listening.error()};
  if (auto failure = open_control()) return failure;
  if (auto started = source_->start(*pipeline_); !started) return Failure{ExitCode::kernel_unsuitable, started.error()};
  warn_of_missing_probes();
  // a daemon that reads other people's packets should be able to do nothing else
  if (auto dropped = capture::drop_capabilities(); !dropped) log::warning(dropped.error().message);
  return std::nullopt;
}

Result<> Daemon::listen() {
  metrics_ = std::make_unique<publish::Metrics>([this] { return pipeline_->ledger().snapshot(); },
                                                [this] {
                                                  auto self = describe(*pipeline_, *source_, completeness_, reload_);
                                                  self.http_connections_refused = http_->connections_refused();
                                                  describe_control(self);
                                                  return self;
                                                });
  std::vector<std::string> addresses;
  for (const Endpoint& address : settings_.config.web.listen_addresses) addresses.push_back(address.to_string());
  auto server = publish::HttpServer::listen(io_, addresses,
                                            {.metrics =
                                                 [this] {
                                                   // nobody is shown what is known to be wrong
                                                   check_completeness();
                                                   pipeline_->settle(monotonic_ns());
                                                   return metrics_->render();
                                                 },
                                             .not_ready = [this]() -> std::string {
                                               if (completeness_.complete()) return {};
                                               return "Events were lost and not every open socket could be read again.";
                                             }});
  if (!server) return server.error();
  http_ = std::move(*server);
  return {};
}

void Daemon::warn_of_missing_probes() {
  for (const capture::Probe& probe : source_->probes())
    if (!probe.attached) log::warning("probe " + probe.name + " is not attached: " + probe.reason);
  const auto* lookup = source_->lookup_coverage();
  if (!lookup) return;
  if (lookup->left_out > 0)
    log::warning("getaddrinfo of " + std::to_string(lookup->left_out) +
                 " more C libraries is not watched: " + lookup->reason);
  log::info("getaddrinfo of " + std::to_string(lookup->libraries) + " C libraries is watched; " +
            std::to_string(lookup->unreadable_processes) + " processes could not be looked at");
}

void Daemon::wait_for_signal() {
  signals_.async_wait([this](boost::system::error_code error, int signal) {
    if (error) return;
    if (signal != SIGHUP) {
      io_.stop();
      return;
    }
    reload();
    wait_for_signal();
  });
}

// All or nothing: a configuration with an error changes nothing.
void Daemon::reload() {
  service_manager::reloading();
  auto settings = load_settings(options_.config_file);
  reload_.successful = settings.has_value();
  if (!settings) {
    log::error("configuration not reloaded, the old one stays: " + settings.error().message);
  } else {
    const config::Config& now = settings->config;
    const config::Config& old = settings_.config;
    const bool needs_restart = now.limits != old.limits || now.capture != old.capture || now.dns != old.dns ||
                               now.diagnose != old.diagnose ||
                               (options_.listen_addresses.empty() && now.web != old.web) ||
                               (!options_.control_socket && now.control != old.control);
    if (needs_restart) log::warning("limits, capture, dns, diagnose, web and control take effect after a restart");
    set_log_level(now.log.level);
    settings_.classifier = settings->classifier;
    settings_.config.classify = now.classify;
    settings_.config.log = now.log;
    pipeline_->set_classifier(settings_.classifier);
    reload_.success_ns = wall_ns();
    log::info("configuration reloaded");
  }
  service_manager::ready("watching");
}

void Daemon::arm_tick() {
  tick_.expires_after(kTick);
  tick_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    on_tick();
    arm_tick();
  });
}

void Daemon::on_tick() {
  source_->poll();
  // the clock may have been set
  pipeline_->set_wall_offset(wall_ns() - monotonic_ns());
  pipeline_->tick(monotonic_ns());
  check_completeness();
  console_.tick();
  service_manager::alive();
}

void Daemon::check_completeness() {
  if (completeness_.lost_something(*source_)) log::warning("events were lost; reading the open sockets again");
  if (completeness_.complete()) return;
  source_->poll();
  if (pipeline_->resynchronise(*source_) && !completeness_.lost_something(*source_)) completeness_.restored();
}

}  // namespace egresswatch::app
