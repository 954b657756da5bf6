// SPDX-License-Identifier: Apache-2.0
#include "app/console.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

#include "app/line_sink.h"
#include "app/logging.h"
#include "app/terminal.h"
#include "base/clock.h"

namespace egresswatch::app {
namespace {

// For people: a connection that ended as it should says little that its first line did not.
class Outcomes final : public publish::EventSink {
 public:
  explicit Outcomes(publish::EventSink& next) : next_(next) {}
  void connection(const ConnectionReport& report) override {
    if (report.verdict != Verdict::closed) next_.connection(report);
  }
  void dns(const DnsReport& report) override { next_.dns(report); }
  void flow(const FlowReport& report) override { next_.flow(report); }

 private:
  publish::EventSink& next_;
};

class Failures final : public publish::EventSink {
 public:
  explicit Failures(publish::EventSink& next) : next_(next) {}
  void connection(const ConnectionReport& report) override {
    // what is not expected is told once, with what became of it
    const bool unexpected = report.unexpected != Unexpected::none && report.verdict != Verdict::closed;
    if (report.verdict == Verdict::failed || unexpected) next_.connection(report);
  }
  void dns(const DnsReport& report) override {
    if (report.cause != DnsCause::none) next_.dns(report);
  }
  void flow(const FlowReport& report) override { next_.flow(report); }

 private:
  publish::EventSink& next_;
};

bool is_json(LineFormat format) { return format == LineFormat::json || format == LineFormat::ocsf; }

}  // namespace

Console::Console(Pace pace, LineFormat format) {
  if (pace == Pace::daemon && under_journal()) {
    log_ = std::make_unique<publish::LogSink>(write_to_journal, monotonic_ns);
    filter_ = std::make_unique<Failures>(*log_);
    return;
  }
  if (pace == Pace::daemon) {
    auto output = std::make_unique<publish::FdLineOutput>(
        STDOUT_FILENO, is_json(format) ? publish::FdLineOutput::Notice::json : publish::FdLineOutput::Notice::text);
    pending_ = output.get();
    output_ = std::move(output);
  } else {
    output_ = std::make_unique<StandardOutput>();
  }
  target_ = make_line_sink(*output_, format, colour_wanted());
  if (format == LineFormat::compact) filter_ = std::make_unique<Outcomes>(*target_);
}

void Console::tick() {
  if (pending_) pending_->flush();
  if (log_) log_->summarise();
}

}  // namespace egresswatch::app
