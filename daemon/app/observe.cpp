// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "app/age.h"
#include "app/commands.h"
#include "app/line_sink.h"
#include "app/terminal.h"
#include "base/clock.h"
#include "cli/commands.h"
#include "cli/event_filter.h"
#include "cli/event_reader.h"

namespace egresswatch::app {
namespace {

// As `tail` and `journalctl` do, somewhat more than fits into a glance.
constexpr std::size_t kDefaultLast = 20;
// Soon enough for people, and next to nothing for the daemon.
constexpr std::chrono::milliseconds kPollInterval{100};

// Picks the events that are wanted, and shows them.
class Observer {
 public:
  Observer(cli::EventFilter filter, const ObserveOptions& options)
      : filter_(std::move(filter)),
        raw_(options.format == LineFormat::json),
        hides_closed_(options.format == LineFormat::compact && !filter_.wants_closed()),
        sink_(make_line_sink(output_, options.format, options.colour)) {}

  // Shows the last `count` events that are seen until release(), and until then none.
  void hold(std::size_t count) {
    holding_ = true;
    hold_ = count;
  }
  void release() {
    holding_ = false;
    for (const std::string& line : std::exchange(held_, {})) show(line);
  }

  // False if the line is no event; `problem` says why.
  bool take(std::string_view line, std::string& problem) {
    auto event = reader_.read(line);
    if (!event) {
      problem = event.error().message;
      return false;
    }
    if (!filter_.fits(*event)) return true;
    if (const auto* connection = std::get_if<ConnectionReport>(&*event);
        connection && hides_closed_ && connection->verdict == Verdict::closed)
      return true;
    if (!holding_) {
      show(line, *event);
      return true;
    }
    held_.emplace_back(line);
    if (held_.size() > hold_) held_.pop_front();
    return true;
  }

 private:
  void show(std::string_view line) {
    if (const auto event = reader_.read(line)) show(line, *event);
  }
  void show(std::string_view line, const cli::Event& event) {
    if (raw_) return output_.write_line(line);
    if (const auto* connection = std::get_if<ConnectionReport>(&event)) sink_->connection(*connection);
    if (const auto* answer = std::get_if<DnsReport>(&event)) sink_->dns(*answer);
    if (const auto* flow = std::get_if<FlowReport>(&event)) sink_->flow(*flow);
  }

  cli::EventFilter filter_;
  bool raw_;
  bool hides_closed_;
  StandardOutput output_;
  std::unique_ptr<publish::EventSink> sink_;
  cli::EventReader reader_;
  bool holding_ = false;
  std::size_t hold_ = 0;
  std::deque<std::string> held_;
};

std::optional<Failure> flush() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return std::nullopt;
  return Failure{ExitCode::findings, Error::from_errno(errno, "writing to standard output")};
}

std::optional<Failure> observe_file(const ObserveOptions& options, Observer& observer) {
  const bool standard_input = options.input_file == "-";
  std::ifstream file;
  if (!standard_input) {
    file.open(options.input_file);
    if (!file) return Failure{ExitCode::usage, Error::from_errno(errno, options.input_file)};
  }
  std::istream& input = standard_input ? std::cin : file;
  if (options.last) observer.hold(*options.last);
  std::string line;
  std::string first_problem;
  std::size_t bad = 0;
  for (std::size_t number = 1; std::getline(input, line); ++number) {
    std::string problem;
    if (line.empty() || observer.take(line, problem)) continue;
    if (++bad == 1) first_problem = "line " + std::to_string(number) + " is " + problem;
  }
  observer.release();
  if (auto failure = flush()) return failure;
  if (input.bad()) return Failure{ExitCode::usage, Error::from_errno(EIO, options.input_file)};
  if (bad == 0) return std::nullopt;
  return Failure{ExitCode::findings,
                 {options.input_file + ": " + std::to_string(bad) + (bad == 1 ? " line is" : " lines are") +
                  " no event: " + first_problem}};
}

void say_missed(std::uint64_t missed) {
  std::fprintf(stderr, "egresswatch: %llu events are left out: more happened than the daemon keeps\n",
               static_cast<unsigned long long>(missed));
}

std::optional<Failure> observe_daemon(const ObserveOptions& options, Observer& observer) {
  observer.hold(options.last ? *options.last : options.since.empty() ? kDefaultLast : SIZE_MAX);
  cli::EventPosition position;
  bool first = true;
  for (bool past = true; past || options.follow;) {
    const auto lines = cli::events(options.socket, position);
    if (!lines) return Failure{ExitCode::daemon_unreachable, lines.error()};
    // at first it is everything that was ever pushed out: of interest if a period was asked for
    if (position.missed > 0 && first && !options.since.empty())
      std::fprintf(stderr,
                   "egresswatch: %llu earlier events are no longer kept: what is shown of the period may lack some\n",
                   static_cast<unsigned long long>(position.missed));
    else if (position.missed > 0 && !first)
      say_missed(position.missed);
    first = false;
    for (const std::string& line : *lines)
      if (std::string problem; !observer.take(line, problem))
        return Failure{ExitCode::daemon_unreachable,
                       {"the daemon at " + options.socket + " sent a line that is " + problem}};
    if (position.more) continue;
    if (past) observer.release();
    past = false;
    if (auto failure = flush()) return failure;
    if (options.follow) std::this_thread::sleep_for(kPollInterval);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Failure> observe(const ObserveOptions& options) {
  cli::EventFilter filter;
  for (const auto& [name, value] : options.wanted)
    if (auto known = filter.want(name, value); !known) return Failure{ExitCode::usage, known.error()};
  for (const std::string& condition : options.excluded)
    if (auto known = filter.exclude(condition); !known) return Failure{ExitCode::usage, known.error()};
  if (!options.since.empty()) {
    const auto age_ns = parse_age(options.since);
    if (!age_ns)
      return Failure{ExitCode::usage,
                     {"--since: expected a number with s, m, h or d, such as 10m, found \"" + options.since + "\""}};
    const std::uint64_t now_ns = wall_ns();
    filter.begin_at(now_ns > *age_ns ? now_ns - *age_ns : 0);
  }
  if (options.follow && !options.input_file.empty() && options.input_file != "-")
    return Failure{
        ExitCode::usage,
        {"--follow asks the daemon; for a file that grows: tail -F FILE | egresswatch observe --input-file -"}};

  Observer observer(std::move(filter), options);
  return options.input_file.empty() ? observe_daemon(options, observer) : observe_file(options, observer);
}

}  // namespace egresswatch::app
