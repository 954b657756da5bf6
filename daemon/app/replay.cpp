// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <cstdio>

#include "app/commands.h"
#include "app/console.h"
#include "app/health.h"
#include "app/pipeline.h"
#include "app/settings.h"
#include "capture/replay_source.h"
#include "publish/metrics.h"

namespace egresswatch::app {
namespace {

class NoLines final : public publish::EventSink {
 public:
  void connection(const ConnectionReport&) override {}
  void dns(const DnsReport&) override {}
  void flow(const FlowReport&) override {}
};

// Questions are unanswered once this much time has passed behind the last record.
constexpr std::uint64_t kAfterTheEndNs = 3600'000'000'000;

}  // namespace

std::optional<Failure> replay(const ReplayOptions& options) {
  const auto settings = load_settings(options.config_file);
  if (!settings) return Failure{ExitCode::usage, settings.error()};

  boost::asio::io_context io(1);
  Console console(Console::Pace::replay, options.lines);
  NoLines no_lines;
  Pipeline::Options pipeline_options;
  pipeline_options.limits = settings->config.limits;
  pipeline_options.dns = settings->config.dns;
  pipeline_options.diagnose = settings->config.diagnose;
  // the recorded processes are not those of this machine
  pipeline_options.proc_root.clear();
  Pipeline pipeline(pipeline_options, {settings->classifier, settings->policy},
                    options.metrics ? static_cast<publish::EventSink&>(no_lines) : console.sink());

  auto source =
      capture::ReplaySource::open(io, options.file, [&] { pipeline.tick(pipeline.newest_ns() + kAfterTheEndNs); });
  if (!source) return Failure{ExitCode::usage, source.error()};
  pipeline.set_wall_offset((*source)->wall_offset_ns());
  if (auto started = (*source)->start(pipeline); !started) return Failure{ExitCode::findings, started.error()};
  io.run();

  if (options.metrics) {
    Completeness completeness;
    completeness.lost_something(**source);
    publish::Metrics metrics([&] { return pipeline.ledger().snapshot(); },
                             [&] { return describe(pipeline, **source, completeness, {}); });
    std::fputs(metrics.render().c_str(), stdout);
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
    return Failure{ExitCode::findings, Error::from_errno(errno, "writing to standard output")};
  if ((*source)->truncated())
    return Failure{ExitCode::findings, Error{options.file + ": the recording ends in the middle of a record"}};
  return std::nullopt;
}

}  // namespace egresswatch::app
