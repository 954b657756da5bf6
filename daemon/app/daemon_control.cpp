// SPDX-License-Identifier: Apache-2.0
// The control socket, and where its documents come from.
#include <cerrno>

#include "app/control.h"
#include "app/daemon.h"
#include "base/clock.h"
#include "base/log.h"

namespace egresswatch::app {

ControlSources Daemon::control_sources() {
  return {
      .ledger =
          [this] {
            check_completeness();
            pipeline_->settle(monotonic_ns());
            return pipeline_->ledger().snapshot();
          },
      .pending = [this](const ControlSources::Visit& visit) { pipeline_->for_each_pending(monotonic_ns(), visit); },
      .classifier = [this]() -> const classify::Classifier& { return *settings_.classifier; },
      .name_of = [this](const IpAddress& address) { return pipeline_->name_of(address, monotonic_ns()); },
      .state =
          [this] { return ControlSources::State{.data_complete = completeness_.complete(), .since_ns = started_ns_}; },
      .wall_ns = wall_ns,
      .recent = &recent_};
}

// Without it the daemon still counts; what cannot be meant is an error: two daemons on one socket, a name that is
// taken.
std::optional<Failure> Daemon::open_control() {
  const std::string& path = settings_.config.control.socket;
  if (path.empty()) return std::nullopt;
  const ControlSources sources = control_sources();
  auto server = publish::ControlServer::listen(
      io_, path,
      {.status = [sources] { return status_document(sources); },
       .explain = [sources](std::string_view target) { return explain_document(sources, target); }});
  if (server) {
    control_ = std::move(*server);
    return std::nullopt;
  }
  const int code = server.error().code;
  if (code == EADDRINUSE || code == EEXIST || code == ENAMETOOLONG) return Failure{ExitCode::usage, server.error()};
  log::warning(server.error().message +
               "; egresswatch status and explain cannot ask this daemon: make the directory, or choose another socket "
               "with --control.socket");
  return std::nullopt;
}

void Daemon::describe_control(publish::SelfMetrics& self) const {
  for (const auto& [name, entries, evictions] : recent_.tables()) self.tables.push_back({name, entries, evictions});
  const publish::ControlRefusals refusals = control_ ? control_->refusals() : publish::ControlRefusals{};
  self.control_refusals = {{"not_permitted", refusals.not_permitted},
                           {"too_many", refusals.too_many},
                           {"slow_reader", refusals.slow_readers}};
}

}  // namespace egresswatch::app
