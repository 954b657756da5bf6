// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "app/commands.h"
#include "publish/event_sink.h"
#include "publish/line_output.h"
#include "publish/log_sink.h"

namespace egresswatch::app {

// Where outcomes are told: a line each on standard output, for people (coloured on a terminal, NO_COLOR is honoured) or
// as JSON; of a daemon under systemd only failures, rate-limited, to the journal.
class Console {
 public:
  // What to do when nobody reads as fast as there are lines: a daemon leaves some out, a replay waits.
  enum class Pace { daemon, replay };

  Console(Pace pace, LineFormat format);

  [[nodiscard]] publish::EventSink& sink() { return filter_ ? *filter_ : *target_; }
  // Work that was put off: pending lines, the summary of what was left out.
  void tick();

 private:
  std::unique_ptr<publish::LineOutput> output_;
  publish::FdLineOutput* pending_ = nullptr;  // output_, if it puts lines off
  std::unique_ptr<publish::LogSink> log_;
  std::unique_ptr<publish::EventSink> target_;
  std::unique_ptr<publish::EventSink> filter_;  // null where everything is told
};

}  // namespace egresswatch::app
