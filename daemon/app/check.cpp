// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "app/commands.h"
#include "app/settings.h"
#include "app/terminal.h"
#include "base/clock.h"
#include "check/render.h"
#include "check/run.h"
#include "check/targets.h"
#include "classify/embedded_catalog.h"

namespace egresswatch::app {
namespace {

constexpr std::uint64_t kNsPerMs = 1'000'000;
constexpr std::uint64_t kMaxTimeoutMs = 60'000;
constexpr std::uint64_t kQuietNs = 1'000'000'000;

// 250ms, 5s, or a number of seconds.
std::optional<std::uint64_t> parse_timeout(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || value == 0 || value > kMaxTimeoutMs) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit != "ms" && unit != "s" && !unit.empty()) return std::nullopt;
  const std::uint64_t ms = unit == "ms" ? value : value * 1000;
  return ms <= kMaxTimeoutMs ? std::optional(ms * kNsPerMs) : std::nullopt;
}

std::optional<Failure> set_cloud(Settings& settings, const std::string& cloud) {
  const auto* const name = std::find(kCloudNames.begin() + 1, kCloudNames.end(), cloud);
  if (name == kCloudNames.end())
    return Failure{ExitCode::usage, {"--cloud must be public, china or usgov, not \"" + cloud + "\""}};
  settings.config.classify.cloud = static_cast<Cloud>(name - kCloudNames.begin());
  const auto catalog = config::parse_catalog(classify::embedded_catalog(), "catalog.yaml");
  if (!catalog) return Failure{ExitCode::usage, catalog.error()};
  auto classifier = classify::Classifier::compile(*catalog, settings.config.classify);
  if (!classifier) return Failure{ExitCode::usage, classifier.error()};
  settings.classifier = std::make_shared<const classify::Classifier>(std::move(*classifier));
  return std::nullopt;
}

Result<std::vector<check::Target>> choose_targets(const CheckOptions& options, const Settings& settings) {
  const ClassifyOptions& classify = settings.config.classify;
  if (options.hosts.empty()) return check::default_targets(*settings.classifier, classify, check::runs_on_azure());
  if (options.hosts.size() > check::kMaxTargets) return Error{"more than 256 hosts to check"};
  std::vector<check::Target> targets;
  for (const std::string& host : options.hosts) {
    auto target = check::parse_target(host, *settings.classifier, classify.cloud);
    if (!target) return target.error();
    if (std::find(targets.begin(), targets.end(), *target) == targets.end()) targets.push_back(std::move(*target));
  }
  return targets;
}

// How far it is, on one line of a terminal, once it takes longer than a second.
class ProgressLine {
 public:
  explicit ProgressLine(std::size_t total)
      : total_(total), start_ns_(monotonic_ns()), shown_(::isatty(STDERR_FILENO)) {}
  void show(std::size_t done) {
    if (!shown_ || monotonic_ns() - start_ns_ < kQuietNs) return;
    std::fprintf(stderr, "\rchecked %zu of %zu", done, total_);
    dirty_ = true;
  }
  void clear() const {
    if (dirty_) std::fputs("\r\033[K", stderr);
  }

 private:
  std::size_t total_;
  std::uint64_t start_ns_;
  bool shown_;
  bool dirty_ = false;
};

}  // namespace

std::optional<Failure> check(const CheckOptions& options, ExitCode& code) {
  const auto timeout_ns = parse_timeout(options.timeout);
  if (!timeout_ns) return Failure{ExitCode::usage, {"--timeout must be from 1ms to 60s, such as 500ms or 5s"}};
  auto settings = load_settings(options.config_file);
  if (!settings) return Failure{ExitCode::usage, settings.error()};
  if (!options.cloud.empty())
    if (auto failure = set_cloud(*settings, options.cloud)) return failure;
  const auto targets = choose_targets(options, *settings);
  if (!targets) return Failure{ExitCode::usage, targets.error()};

  ProgressLine progress(targets->size());
  const check::RunOptions run{*timeout_ns, check::system_names(), [](const char* name) { return std::getenv(name); }};
  const auto results = check::run(*targets, run, [&](std::size_t done) { progress.show(done); });
  progress.clear();
  if (!results) return Failure{ExitCode::usage, results.error()};

  const std::string text = options.json ? check::render_json(*results) : check::render_table(*results, colour_wanted());
  std::fputs(text.c_str(), stdout);
  if (std::fflush(stdout) != 0)
    return Failure{ExitCode::findings, Error::from_errno(errno, "writing to standard output")};
  const bool fine = std::all_of(results->begin(), results->end(), [](const auto& result) { return result.ok(); });
  code = fine ? ExitCode::fine : ExitCode::findings;
  return std::nullopt;
}

}  // namespace egresswatch::app
