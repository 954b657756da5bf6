// SPDX-License-Identifier: Apache-2.0
#include "app/console.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

#include "app/logging.h"
#include "app/terminal.h"
#include "base/clock.h"
#include "publish/compact_sink.h"
#include "publish/json_sink.h"

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

 private:
  publish::EventSink& next_;
};

class Failures final : public publish::EventSink {
 public:
  explicit Failures(publish::EventSink& next) : next_(next) {}
  void connection(const ConnectionReport& report) override {
    if (report.verdict == Verdict::failed) next_.connection(report);
  }
  void dns(const DnsReport& report) override {
    if (report.cause != DnsCause::none) next_.dns(report);
  }

 private:
  publish::EventSink& next_;
};

class StandardOutput final : public publish::LineOutput {
 public:
  void write_line(std::string_view line) override {
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fputc('\n', stdout);
  }
};

}  // namespace

Console::Console(Pace pace, LineFormat format) {
  if (pace == Pace::daemon && under_journal()) {
    log_ = std::make_unique<publish::LogSink>([](log::Level level, std::string_view line) { log::write(level, line); },
                                              monotonic_ns);
    filter_ = std::make_unique<Failures>(*log_);
    return;
  }
  if (pace == Pace::daemon) {
    auto output = std::make_unique<publish::FdLineOutput>(STDOUT_FILENO, format == LineFormat::json
                                                                             ? publish::FdLineOutput::Notice::json
                                                                             : publish::FdLineOutput::Notice::text);
    pending_ = output.get();
    output_ = std::move(output);
  } else {
    output_ = std::make_unique<StandardOutput>();
  }
  if (format == LineFormat::json) {
    target_ = std::make_unique<publish::JsonSink>(*output_);
    return;
  }
  target_ = std::make_unique<publish::CompactSink>(*output_, colour_wanted());
  filter_ = std::make_unique<Outcomes>(*target_);
}

void Console::tick() {
  if (pending_) pending_->flush();
  if (log_) log_->summarise();
}

}  // namespace egresswatch::app
