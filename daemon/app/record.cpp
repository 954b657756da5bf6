// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <span>

#include "app/commands.h"
#include "app/descriptors.h"
#include "capture/kernel_source.h"
#include "capture/recording.h"

namespace egresswatch::app {
namespace {

// A recording that cannot be written ends by itself: nobody looks at it until then.
class UntilItFails final : public capture::RecordHandler {
 public:
  UntilItFails(capture::Recorder& recorder, boost::asio::io_context& io) : recorder_(recorder), io_(io) {}
  void on_record(std::span<const std::byte> record) override { recorder_.on_record(record); }
  void on_batch_end() override {
    if (recorder_.failed()) io_.stop();
  }

 private:
  capture::Recorder& recorder_;
  boost::asio::io_context& io_;
};

}  // namespace

std::optional<Failure> record(const std::string& file) {
  if (auto raised = raise_descriptor_limit(); !raised) return Failure{ExitCode::usage, raised.error()};
  boost::asio::io_context io(1);
  auto source = capture::KernelSource::make(io, {});
  if (!source) return Failure{code_of_refusal(source.error()), source.error()};
  auto recorder = capture::Recorder::create(file);
  if (!recorder) return Failure{ExitCode::usage, recorder.error()};

  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](boost::system::error_code, int) { io.stop(); });
  UntilItFails handler(**recorder, io);
  if (auto started = (*source)->start(handler); !started)
    return Failure{code_of_refusal(started.error()), started.error()};
  std::fprintf(stderr, "recording to %s; interrupt to stop\n", file.c_str());
  io.run();

  (*source)->stop();
  if (auto finished = (*recorder)->finish((*source)->totals()); !finished)
    return Failure{ExitCode::findings, finished.error()};
  std::fprintf(stderr, "%llu records\n", static_cast<unsigned long long>((*recorder)->written()));
  return std::nullopt;
}

}  // namespace egresswatch::app
