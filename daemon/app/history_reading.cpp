// SPDX-License-Identifier: Apache-2.0
#include "app/history_reading.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include "app/age.h"
#include "app/settings.h"
#include "base/clock.h"
#include "cli/commands.h"

namespace egresswatch::app {
namespace {

std::string machine_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "this host";
}

// Has the daemon write what it has in memory. Says why that did not work; empty if it did.
std::string ask_to_write(const std::string& socket) {
  if (socket.empty()) return "the configuration has no control socket";
  const auto written = cli::write_history(socket);
  if (!written) return written.error().message;
  return *written ? "" : "the daemon at " + socket + " cannot write its history";
}

}  // namespace

std::optional<Failure> read_history(const HistoryOptions& options, HistoryReading& reading) {
  reading.now_ns = wall_ns();
  reading.machine = machine_name();
  std::uint64_t since_ns = 0;
  if (!options.since.empty()) {
    const auto age_ns = parse_age(options.since);
    if (!age_ns)
      return Failure{ExitCode::usage,
                     {"--since: expected a number with s, m, h or d, such as 24h, found \"" + options.since + "\""}};
    since_ns = reading.now_ns > *age_ns ? reading.now_ns - *age_ns : 0;
  }

  // another file is not the daemon's: nothing is to be asked, and no configuration needed
  std::string path = options.history_file;
  std::string unwritten;
  if (path.empty()) {
    const auto settings = load_settings(options.config_file);
    if (!settings) return Failure{ExitCode::usage, settings.error()};
    path = settings->config.history.path;
    if (path.empty())
      return Failure{ExitCode::usage, {"the configuration says that no history is kept (history.path is empty)"}};
    unwritten = ask_to_write(options.control_socket.value_or(settings->config.control.socket));
  }
  auto contents = history::read(path, since_ns);
  if (!contents) {
    const bool nothing = contents.error().code == ENOENT && !unwritten.empty();
    const std::string and_daemon = nothing ? "; " + unwritten : "";
    return Failure{nothing ? ExitCode::daemon_unreachable : ExitCode::usage,
                   {contents.error().message + and_daemon, contents.error().code}};
  }
  if (!unwritten.empty())
    std::fprintf(stderr, "egresswatch: %s; what follows ends where the history was last written\n", unwritten.c_str());

  reading.contents = std::move(*contents);
  // counts are kept by the hour
  reading.since_ns = reading.contents.begin_ns != 0 ? reading.contents.begin_ns : since_ns;
  return std::nullopt;
}

}  // namespace egresswatch::app
