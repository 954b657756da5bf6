// SPDX-License-Identifier: Apache-2.0
#include "app/daemon.h"

#include <cerrno>
#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include "app/descriptors.h"
#include "app/logging.h"
#include "app/service_manager.h"
#include "base/clock.h"
#include "capture/privileges.h"
#include "config/web_config.h"

namespace egresswatch::app {
namespace {

void warn_of(const std::vector<capture::Probe>& probes) {
  for (const capture::Probe& probe : probes)
    if (!probe.attached) log::warning("probe " + probe.name + " is not attached: " + probe.reason);
}

}  // namespace

std::optional<Failure> run(const RunOptions& options) {
  if (auto raised = raise_descriptor_limit(); !raised) return Failure{ExitCode::usage, raised.error()};
  return Daemon(options).run();
}

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
  source_->stop();
  pipeline_->on_batch_end();
  (void)history_.write_all(wall_ns());
  save();
  control_.reset();
  http_.reset();
  event_log_.flush();
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
  watch_files();
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
  if (options_.web_config) settings_.config.web.config_file = *options_.web_config;
  if (options_.control_socket) settings_.config.control.socket = *options_.control_socket;

  if (auto failure = load_source()) return failure;
  make_pipeline();
  restore();

  if (auto listening = listen(); !listening) return Failure{ExitCode::usage, listening.error()};
  if (auto failure = open_control()) return failure;
  // after what a second daemon on the same host fails at
  history_.open(settings_.config.history, started_ns_);
  event_log_.open(settings_.config.events);
  if (auto started = source_->start(*pipeline_); !started)
    return Failure{code_of_refusal(started.error()), started.error()};
  begin_where_the_last_ended();
  warn_of_missing_probes();
  // a daemon that reads other people's packets should be able to do nothing else
  if (auto dropped = capture::drop_capabilities(); !dropped) log::warning(dropped.error().message);
  return std::nullopt;
}

Result<WebAccess> Daemon::load_web_access() {
  const config::Web& web = settings_.config.web;
  web_files_.clear();
  WebAccess access;
  if (!web.config_file.empty()) {
    web_files_.push_back(web.config_file);
    auto loaded = config::load_web_config(web.config_file);
    if (!loaded) return loaded.error();
    access = std::move(*loaded);
  }
  if (access.tls) {
    for (const std::string& file : {access.tls->cert_file, access.tls->key_file, access.tls->client_ca_file})
      if (!file.empty()) web_files_.push_back(file);
    return access;
  }
  // also when a file with TLS is replaced by one without, or by one that is not written yet
  for (const Endpoint& address : web.listen_addresses)
    if (!web.allow_plain_text && !address.address.is_loopback())
      return Error{"would serve plain text on " + address.to_string() +
                   ", where others can listen: give it TLS (web.config_file), or say web.allow_plain_text: true"};
  return access;
}

Result<> Daemon::listen() {
  const auto access = load_web_access();
  watch_files();
  if (!access) return access.error();
  metrics_ = std::make_unique<publish::Metrics>([this] { return pipeline_->ledger().snapshot(); },
                                                [this] { return describe_self(); });
  std::vector<std::string> addresses;
  for (const Endpoint& address : settings_.config.web.listen_addresses) addresses.push_back(address.to_string());
  auto server = publish::HttpServer::listen(io_, addresses,
                                            {.metrics =
                                                 [this] {
                                                   // nobody is shown what is known to be wrong
                                                   check_completeness();
                                                   pipeline_->settle(monotonic_ns());
                                                   // nor what the next daemon would not know
                                                   if (pipeline_->records() != saved_records_) save();
                                                   return metrics_->render();
                                                 },
                                             .not_ready = [this] { return what_is_missing(*source_, completeness_); }},
                                            {}, *access);
  if (!server) return server.error();
  http_ = std::move(*server);
  return {};
}

void Daemon::warn_of_missing_probes() {
  warn_of(source_->probes());
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
    reload_soon();
    wait_for_signal();
  });
}

// Signals wait in a queue: if each were a reload, SIGTERM behind a thousand SIGHUP would have to wait for a thousand.
void Daemon::reload_soon() {
  if (std::exchange(reload_wanted_, true)) return;
  reload_timer_.expires_after(kReloadSettle);
  reload_timer_.async_wait([this](boost::system::error_code error) {
    reload_wanted_ = false;
    if (!error) reload();
  });
}

// All or nothing: a configuration with an error changes nothing.
void Daemon::reload() {
  service_manager::reloading();
  event_log_.reopen();
  auto settings = load_settings(options_.config_file);
  reload_.successful = settings.has_value();
  if (!settings) {
    log::error("configuration not reloaded, the old one stays: " + settings.error().message);
  } else {
    const config::Config& now = settings->config;
    const config::Config& old = settings_.config;
    const bool needs_restart = now.limits != old.limits || now.capture != old.capture || now.dns != old.dns ||
                               now.diagnose != old.diagnose || now.history != old.history || now.events != old.events ||
                               (options_.listen_addresses.empty() && now.web != old.web) ||
                               (!options_.control_socket && now.control != old.control);
    if (needs_restart)
      log::warning("limits, capture, dns, diagnose, history, events, web and control take effect after a restart");
    set_log_level(now.log.level);
    settings_.classifier = settings->classifier;
    settings_.config.service_tags = now.service_tags;
    settings_.notes = std::move(settings->notes);
    watch_files();
    settings_.config.classify = now.classify;
    settings_.config.log = now.log;
    settings_.policy = settings->policy;
    settings_.config.policy = now.policy;
    pipeline_->set_rules({settings_.classifier, settings_.policy});
    reload_.success_ns = wall_ns();
    log::info("configuration reloaded");
  }
  reload_web();
  service_manager::ready("watching");
}

// Certificates are renewed without asking anybody. What is wrong with them leaves the old ones in use.
void Daemon::reload_web() {
  const auto access = load_web_access();
  watch_files();
  const auto set = access ? http_->set_access(*access) : Result<>(access.error());
  if (set) return;
  reload_.successful = false;
  log::error("web configuration not reloaded, the old one stays: " + set.error().message);
}

void Daemon::watch_files() {
  for (const std::string& note : std::exchange(settings_.notes, {})) log::info(note);
  std::vector<std::string> files = watched_files(settings_.config);
  files.insert(files.end(), web_files_.begin(), web_files_.end());
  if (auto watching = files_.watch(files); !watching)
    log::warning("a file that is replaced is not noticed, reload the configuration then: " + watching.error().message);
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
  warn_of(source_->take_detached());
  // the clock may have been set
  pipeline_->set_wall_offset(wall_ns() - monotonic_ns());
  pipeline_->tick(monotonic_ns());
  check_completeness();
  history_.tick(wall_ns());
  event_log_.flush();
  console_.tick();
  if (pipeline_->records() != saved_records_) save_if_affordable();
  service_manager::alive();
}

void Daemon::check_completeness() {
  if (completeness_.lost_something(*source_)) log::warning("events were lost; reading the open sockets again");
  if (completeness_.complete()) return;
  source_->poll();
  if (pipeline_->resynchronise(*source_) && !completeness_.lost_something(*source_)) completeness_.restored();
}

}  // namespace egresswatch::app
