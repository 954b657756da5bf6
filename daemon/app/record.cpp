// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>

#include "app/commands.h"
#include "capture/kernel_source.h"
#include "capture/recording.h"

namespace egresswatch::app {

std::optional<Failure> record(const std::string& file) {
  boost::asio::io_context io(1);
  auto source = capture::KernelSource::make(io, {});
  if (!source)
    return Failure{source.error().code == EPERM ? ExitCode::usage : ExitCode::kernel_unsuitable, source.error()};
  auto recorder = capture::Recorder::create(file);
  if (!recorder) return Failure{ExitCode::usage, recorder.error()};

  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](boost::system::error_code, int) { io.stop(); });
  if (auto started = (*source)->start(**recorder); !started)
    return Failure{ExitCode::kernel_unsuitable, started.error()};
  std::fprintf(stderr, "recording to %s; interrupt to stop\n", file.c_str());
  io.run();

  (*source)->stop();
  if (auto finished = (*recorder)->finish((*source)->totals()); !finished)
    return Failure{ExitCode::findings, finished.error()};
  std::fprintf(stderr, "%llu records\n", static_cast<unsigned long long>((*recorder)->written()));
  return std::nullopt;
}

}  // namespace egresswatch::app
