// SPDX-License-Identifier: Apache-2.0
#include "app/logging.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/systemd_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

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

int priority(log::Level level) {
  switch (level) {
    case log::Level::debug:
      return LOG_DEBUG;
    case log::Level::info:
      return LOG_INFO;
    case log::Level::warning:
      return LOG_WARNING;
    case log::Level::error:
      return LOG_ERR;
  }
  return LOG_INFO;
}

// https://no-color.org: set and not empty; otherwise colour on a terminal only.
spdlog::color_mode colour_mode() {
  const char* no_colour = std::getenv("NO_COLOR");
  return no_colour && *no_colour ? spdlog::color_mode::never : spdlog::color_mode::automatic;
}

void to_logger(log::Level level, std::string_view message) { spdlog::log(to_spdlog(level), message); }

}  // namespace

// The variable is inherited, for instance by every shell of a desktop: what counts is that it names this descriptor.
bool under_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (!stream || ::fstat(STDERR_FILENO, &status) != 0) return false;
  return stream == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

void start_logging(log::Level level) {
  spdlog::sink_ptr sink;
  if (under_journal())
    sink = std::make_shared<spdlog::sinks::systemd_sink_st>("egresswatch");
  else
    sink = std::make_shared<spdlog::sinks::stderr_color_sink_st>(colour_mode());
  auto logger = std::make_shared<spdlog::logger>("egresswatch", std::move(sink));
  logger->set_pattern(under_journal() ? "%v" : "%^%l%$: %v");
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
  set_log_level(level);
  log::set_sink(to_logger);
}

// Not through spdlog, whose sink knows no further fields (sd_journal_send(3)).
void write_to_journal(log::Level level, std::string_view line, std::span<const publish::LogSink::Field> fields) {
  if (!spdlog::should_log(to_spdlog(level))) return;
  std::vector<std::string> texts{"SYSLOG_IDENTIFIER=egresswatch", "PRIORITY=" + std::to_string(priority(level)),
                                 "MESSAGE=" + std::string(line)};
  for (const auto& [name, value] : fields)
    texts.push_back("EGRESSWATCH_" + std::string(name) + "=" + std::string(value));
  std::vector<iovec> pieces;
  pieces.reserve(texts.size());
  for (std::string& text : texts) pieces.push_back({text.data(), text.size()});
  sd_journal_sendv(pieces.data(), static_cast<int>(pieces.size()));
}

void set_log_level(log::Level level) { spdlog::set_level(to_spdlog(level)); }

}  // namespace egresswatch::app
