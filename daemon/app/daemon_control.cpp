// SPDX-License-Identifier: Apache-2.0
// The control socket, and where its documents come from.
#include <cerrno>

#include "app/control.h"
#include "app/daemon.h"
#include "base/clock.h"
#include "base/log.h"
#include "publish/json_sink.h"
#include "publish/json_writer.h"

namespace egresswatch::app {
namespace {

class TextLines final : public publish::LineOutput {
 public:
  void write_line(std::string_view line) override { (text_ += line) += '\n'; }
  std::string text() && { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace

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

// For whoever reads the file next: what was seen until now is in it.
std::string Daemon::write_history() {
  source_->poll();
  pipeline_->settle(monotonic_ns());
  const bool written = history_.write_all(wall_ns());
  std::string document;
  publish::JsonWriter json(document);
  json.begin_object();
  json.number("version", kControlVersion);
  json.text_unless_empty("history", settings_.config.history.path);
  json.flag("written", written);
  json.end_object();
  return document;
}

// Bounded, so that nobody waits for a long document: the reader asks again.
std::string Daemon::events_after(std::uint64_t number) {
  constexpr std::size_t kAtOnce = 512;
  source_->poll();
  pipeline_->settle(monotonic_ns());
  TextLines lines;
  publish::JsonSink sink(lines);
  const auto position = events_.read(sink, number, kAtOnce);
  std::string document;
  publish::JsonWriter json(document);
  json.begin_object();
  json.text("type", "position");
  json.number("version", kControlVersion);
  json.number("next", position.next);
  json.number("missed", position.missed);
  json.flag("more", position.more);
  json.end_object();
  lines.write_line(document);
  return std::move(lines).text();
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
       .explain = [sources](std::string_view target) { return explain_document(sources, target); },
       .flush = [this] { return write_history(); },
       .events = [this](std::uint64_t after) { return events_after(after); }});
  if (server) {
    control_ = std::move(*server);
    return std::nullopt;
  }
  const int code = server.error().code;
  if (code == EADDRINUSE || code == EEXIST || code == ENAMETOOLONG) return Failure{ExitCode::usage, server.error()};
  log::warning(server.error().message +
               "; egresswatch status, observe, explain and report cannot ask this daemon: make the directory, or "
               "choose another socket "
               "with --control.socket");
  return std::nullopt;
}

void Daemon::describe_control(publish::SelfMetrics& self) const {
  for (const auto& [name, entries, evictions] : recent_.tables()) self.tables.push_back({name, entries, evictions});
  self.tables.push_back({"recent_events", events_.entries(), events_.evictions()});
  const publish::ControlRefusals refusals = control_ ? control_->refusals() : publish::ControlRefusals{};
  self.control_refusals = {{"not_permitted", refusals.not_permitted},
                           {"too_many", refusals.too_many},
                           {"slow_reader", refusals.slow_readers}};
}

}  // namespace egresswatch::app
