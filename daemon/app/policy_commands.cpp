// SPDX-License-Identifier: Apache-2.0
// egresswatch policy learn, diff and lint.
#include <exception>
#include <string>
#include <utility>

#include "app/commands.h"
#include "app/history_reading.h"
#include "app/policy_difference.h"
#include "app/policy_lint.h"
#include "app/print.h"
#include "app/settings.h"
#include "classify/embedded_catalog.h"
#include "cli/policy_learn.h"

namespace egresswatch::app {
namespace {

// The file that was named, else that of the configuration.
struct NamedPolicy {
  std::string file;
  PolicyOptions policy;
};

Result<NamedPolicy> find_policy(const std::string& file, const Settings& settings) {
  const std::string& path = file.empty() ? settings.config.policy.file : file;
  if (path.empty()) return Error{"the configuration names no policy; give a file, or set policy.file"};
  auto policy = load_policy(path, *settings.classifier);
  if (!policy) return policy.error();
  return NamedPolicy{path, std::move(*policy)};
}

}  // namespace

std::optional<Failure> learn_policy(const HistoryOptions& options) try {
  HistoryReading reading;
  if (auto failure = read_history(options, reading)) return failure;
  const std::string text = cli::learn_policy({.observations = std::move(reading.contents.observations),
                                              .addresses = std::move(reading.contents.addresses),
                                              .machine = reading.machine,
                                              .begin_ns = reading.since_ns,
                                              .end_ns = reading.now_ns});
  if (text.empty())
    return Failure{ExitCode::findings,
                   {"nothing was seen that could be learned from; let the daemon watch this host for a while"}};
  return print(text);
} catch (const std::exception& error) {
  return Failure{ExitCode::findings, {error.what()}};
}

std::optional<Failure> diff_policy(const PolicyFileOptions& options, ExitCode& code) try {
  const auto settings = load_settings(options.config_file);
  if (!settings) return Failure{ExitCode::usage, settings.error()};
  auto named = find_policy(options.policy_file, *settings);
  if (!named) return Failure{ExitCode::usage, named.error()};
  HistoryReading reading;
  if (auto failure = read_history(options, reading)) return failure;
  const auto difference = compare_policy(reading.contents, classify::Policy(named->policy), *settings->classifier);
  code = difference.empty() ? ExitCode::fine : ExitCode::findings;
  return print(cli::render_policy_diff(difference, named->file));
} catch (const std::exception& error) {
  return Failure{ExitCode::findings, {error.what()}};
}

std::optional<Failure> lint_policy(const PolicyFileOptions& options, ExitCode& code) {
  const auto settings = load_settings(options.config_file);
  if (!settings) return Failure{ExitCode::usage, settings.error()};
  const auto named = find_policy(options.policy_file, *settings);
  if (!named) return Failure{ExitCode::usage, named.error()};
  const auto catalog = config::parse_catalog(classify::embedded_catalog(), "catalog.yaml");
  if (!catalog) return Failure{ExitCode::usage, catalog.error()};
  const auto findings = lint_policy(named->policy, *settings->classifier, settings->config.classify, *catalog);
  std::string text;
  for (const auto& [line, message] : findings) text += named->file + ":" + std::to_string(line) + ": " + message + "\n";
  if (findings.empty()) text = named->file + ": nothing to find fault with\n";
  code = findings.empty() ? ExitCode::fine : ExitCode::findings;
  return print(text);
}

}  // namespace egresswatch::app
