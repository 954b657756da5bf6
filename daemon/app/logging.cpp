// SPDX-License-Identifier: Apache-2.0
#include "app/logging.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/systemd_sink.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <memory>

namespace egresswatch::app {
namespace {

spdlog::level::level_enum to_spdlog(log::Level level) {
  switch (level) {
    case log::Level::debug:
      return spdlog::level::debug;
    case log::Level::info:
      return spdlog::level::info;
    case log::Level::warning:
      return spdlog::level::warn;
    case log::Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

void to_logger(log::Level level, std::string_view message) { spdlog::log(to_spdlog(level), message); }

}  // namespace

bool under_journal() { return std::getenv("JOURNAL_STREAM") != nullptr; }

void start_logging(log::Level level) {
  spdlog::sink_ptr sink;
  if (under_journal())
    sink = std::make_shared<spdlog::sinks::systemd_sink_st>("egresswatch");
  else
    sink = std::make_shared<spdlog::sinks::stderr_color_sink_st>();
  auto logger = std::make_shared<spdlog::logger>("egresswatch", std::move(sink));
  logger->set_pattern(under_journal() ? "%v" : "%^%l%$: %v");
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
  set_log_level(level);
  log::set_sink(to_logger);
}

void set_log_level(log::Level level) { spdlog::set_level(to_spdlog(level)); }

}  // namespace egresswatch::app
