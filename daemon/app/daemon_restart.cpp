// SPDX-License-Identifier: Apache-2.0
// From one process to the next: what the kernel keeps meanwhile (capture/pins.h), and what a file does (saved_state.h).
#include <string>
#include <utility>

#include "app/daemon.h"
#include "app/saved_state.h"
#include "base/clock.h"
#include "base/log.h"

namespace egresswatch::app {

std::optional<Failure> Daemon::load_source() {
  auto source = capture::KernelSource::make(io_, {.ring_bytes = settings_.config.capture.ring_bytes,
                                                  .sockets = settings_.config.limits.sockets,
                                                  .pin_directory = options_.pin_directory});
  if (!source) return Failure{code_of_refusal(source.error()), source.error()};
  source_ = std::move(*source);
  if (source_->pinned() && !options_.state_file.empty())
    source_->hold_records([this] {
      save_if_affordable();
      source_->release_records();
    });
  return std::nullopt;
}

Pipeline& Daemon::make_pipeline() {
  Pipeline::Options options;
  options.limits = settings_.config.limits;
  options.dns = settings_.config.dns;
  options.diagnose = settings_.config.diagnose;
  pipeline_ = std::make_unique<Pipeline>(options, Pipeline::Rules{settings_.classifier, settings_.policy}, history_);
  pipeline_->set_wall_offset(wall_ns() - monotonic_ns());
  return *pipeline_;
}

void Daemon::restore() {
  if (options_.state_file.empty()) return;
  SavedState state;
  const std::uint32_t ring = source_->adopted() ? source_->ring_id() : 0;
  const auto restored = restore_state(
      options_.state_file, ring, monotonic_ns(), [this]() -> Pipeline& { return make_pipeline(); }, state, carried_);
  if (!restored) return log::warning("counters begin at zero: " + restored.error().message);
  if (*restored == Restored::nothing) return;
  if (ring == 0 || state.position.ring != ring)
    return log::warning("what happened since the last daemon ended is missing from the counters");
  completeness_.resume(state.losses_seen);
  lost_by_restart_ = source_->resume(state.position);
  for (const std::string_view reason : kernel_loss_reasons()) carried_.forget_loss(reason);
}

// Before anybody is answered.
void Daemon::begin_where_the_last_ended() {
  if (!source_->pin_failure().empty())
    log::warning("what happens during a restart will be missed: " + source_->pin_failure());
  if (!source_->adopted()) return;
  // also where nothing was restored: the programs know what is open
  completeness_.resume(completeness_.losses_seen());
  source_->poll();
  pipeline_->tick(monotonic_ns());
  check_completeness();
}

// The records that are in it are given back: nobody needs them any more.
void Daemon::save() {
  if (options_.state_file.empty()) return;
  const std::uint64_t begin_ns = monotonic_ns();
  auto shown = describe_self();
  const SavedState state{source_->position(), begin_ns, completeness_.losses_seen()};
  const auto saved = save_state(options_.state_file, state, CarriedCounts::of(shown), *pipeline_);
  if (!saved && !saving_fails_) log::warning("a restart will lose what was counted: " + saved.error().message);
  saving_fails_ = !saved;
  saved_records_ = pipeline_->records();
  if (source_->pinned()) source_->release_records();
  const std::uint64_t end_ns = monotonic_ns();
  save_again_ns_ = end_ns + kSavingShare * (end_ns - begin_ns);
}

void Daemon::save_if_affordable() {
  if (monotonic_ns() >= save_again_ns_) save();
}

publish::SelfMetrics Daemon::describe_self() {
  auto self = describe(*pipeline_, *source_, completeness_, reload_);
  self.losses.push_back({"restart", lost_by_restart_});
  self.http_connections_refused = http_->connections_refused();
  const publish::WebRefusals refusals = http_->refusals();
  self.web_refusals = {{"handshake", refusals.failed_handshakes},
                       {"unauthorised", refusals.unauthorised},
                       {"throttled", refusals.throttled}};
  describe_control(self);
  history_.describe(self);
  event_log_.describe(self);
  carried_.add_to(self);
  return self;
}

}  // namespace egresswatch::app
