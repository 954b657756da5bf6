// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "app/commands.h"
#include "app/descriptors.h"
#include "app/print.h"
#include "app/terminal.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "command_tree.h"
#include "config/config.h"

// Arguments in, exit code out; what happens between is in app/.
namespace {

using egresswatch::app::ExitCode;
using egresswatch::app::Failure;
using egresswatch::app::LineFormat;

// "-o compact|wide|json|ocsf", for the commands that write a line per outcome.
void add_line_format(CLI::App* command, LineFormat& format) {
  static const std::vector<std::string> kNames{"compact", "wide", "json", "ocsf"};  // in the order of LineFormat
  command
      ->add_option_function<std::string>(
          "-o,--output",
          [&format](const std::string& name) {
            format = static_cast<LineFormat>(std::ranges::find(kNames, name) - kNames.begin());
          },
          "Form of the lines: compact or wide for people, json, or ocsf for a SIEM (default compact)")
      ->check(CLI::IsMember(kNames));
}

// Filters of `observe`; each may be repeated.
void add_event_filters(CLI::App* command, egresswatch::app::ObserveOptions& options) {
  const auto add = [&](const std::string& name, const std::string& help) {
    return command
        ->add_option_function<std::vector<std::string>>(
            "--" + name,
            [&options, name](const std::vector<std::string>& values) {
              for (const std::string& value : values) options.wanted.emplace_back(name, value);
            },
            help)
        ->allow_extra_args(false);
  };
  add("service", "Of this service, such as key_vault");
  add("host", "Of hosts that fit: a name, an address or a pattern such as '*.vault.azure.net'");
  add("verdict", "With this outcome")->check(CLI::IsMember({"ok", "failed", "unexpected", "cancelled", "closed"}));
  add("unit", "Of this systemd unit or container, or a pattern");
  add("pid", "Of this process");
  command
      ->add_option("--not", options.excluded, "Leave out what fits, as in --not service=entra or --not --service entra")
      ->allow_extra_args(false);
}

// "--not --service entra" is "--not service=entra".
std::vector<std::string> with_joined_exclusions(int argc, char** argv) {
  std::vector<std::string> arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const bool negates = !arguments.empty() && arguments.back() == "--not" && argument.starts_with("--");
    if (!negates)
      arguments.emplace_back(argument);
    else if (argument.find('=') == std::string_view::npos && i + 1 < argc)
      arguments.push_back(std::string(argument.substr(2)) + "=" + argv[++i]);
    else
      arguments.emplace_back(argument.substr(2));
  }
  // CLI11 takes them from the end
  std::ranges::reverse(arguments);
  return arguments;
}

void add_history_options(CLI::App* command, egresswatch::app::HistoryOptions& options) {
  command->add_option("--since", options.since, "How far back, such as 90m, 24h or 7d (default: all that is kept)");
  command->add_option("--config", options.config_file, "Configuration file");
  command->add_option("--control.socket", options.control_socket, "Where the daemon listens (default: as configured)");
  command->add_option("--history", options.history_file,
                      "A history file, in place of the configured one and without asking the daemon");
}

int finish(const std::optional<Failure>& failure) {
  if (!failure) return static_cast<int>(ExitCode::fine);
  std::fprintf(stderr, "egresswatch: %s\n", failure->error.message.c_str());
  return static_cast<int>(failure->code);
}

// One of the commands that ask the daemon: the text is printed, and what went wrong told.
int finish_asking(const egresswatch::Result<std::string>& text) {
  if (!text)
    return finish(Failure{text.error().code == EINVAL ? ExitCode::usage : ExitCode::daemon_unreachable, text.error()});
  std::fputs(text->c_str(), stdout);
  if (std::fflush(stdout) != 0)
    return finish(Failure{ExitCode::findings, egresswatch::Error::from_errno(errno, "writing to standard output")});
  return static_cast<int>(ExitCode::fine);
}

// As every other failure: one sentence that says what to do.
std::string usage_message(const CLI::App* cli, const CLI::Error& error) {
  // of a command that does not exist CLI11 says that one is required
  const std::vector<std::string> unknown = cli->remaining(true);
  const std::string problem = unknown.empty() ? error.what() : "unknown argument " + unknown.front();
  return "egresswatch: " + problem + "; egresswatch --help-all lists what there is\n";
}

int execute(int argc, char** argv) {
  namespace app = egresswatch::app;

  CLI::App cli{
      "Tells which outbound connections to Azure Key Vault and what it depends on get through, and where the others "
      "die",
      "egresswatch"};
  cli.require_subcommand(1);
  cli.set_help_all_flag("--help-all", "Print this help message and that of each subcommand, and exit");
  cli.failure_message(usage_message);
  app::RunOptions run;
  std::string file;

  auto* run_command = cli.add_subcommand("run", "Watch this host, in the foreground, and serve /metrics");
  run_command->add_option("--config", run.config_file,
                          "Configuration file (default /etc/egresswatch/egresswatch.yaml)");
  run_command
      ->add_option("--web.listen-address", run.listen_addresses,
                   "HOST:PORT of the HTTP endpoint, may be repeated (default 127.0.0.1:10180)")
      ->allow_extra_args(false);
  run_command->add_option("--web.config.file", run.web_config,
                          "TLS and users of the HTTP endpoint, in the form of Prometheus' exporter-toolkit");
  run_command->add_option(
      "--control.socket", run.control_socket,
      "Unix socket for status, observe and explain, \"\" for none (default /run/egresswatch/control.sock)");
  run_command->add_option("--pin.directory", run.pin_directory,
                          "Directory in a BPF file system where probes stay attached from one daemon to the next");
  run_command->add_option("--state.file", run.state_file,
                          "File, below /run, by which counters and open connections come from one daemon to the next");
  add_line_format(run_command, run.lines);

  auto* record = cli.add_subcommand("record", "Write raw kernel events to a file until interrupted");
  record->add_option("FILE", file, "Where to; contains the DNS traffic of this host")->required();

  app::ReplayOptions replay;
  auto* replay_command = cli.add_subcommand("replay", "Send a recording through the same pipeline; needs no root");
  replay_command->add_option("FILE", replay.file, "What `egresswatch record` wrote")->required();
  replay_command->add_option("--config", replay.config_file, "Configuration file");
  replay_command->add_flag("--metrics", replay.metrics, "Print the metrics at the end instead of a line per outcome");
  add_line_format(replay_command, replay.lines);

  auto* config = cli.add_subcommand("config", "Work with the configuration file");
  config->require_subcommand(1);
  auto* config_check = config->add_subcommand("check", "Say line and key of each error");
  config_check->add_option("FILE", file, "Default: /etc/egresswatch/egresswatch.yaml");

  app::CheckOptions check;
  std::string check_format = "table";
  auto* check_command = cli.add_subcommand("check", "Try each endpoint that is needed: DNS, TCP, TLS, first byte");
  check_command->add_option("HOST", check.hosts, "Name, address, URL or bare vault name (default: what is needed)");
  check_command->add_option("--cloud", check.cloud, "public, china or usgov (default: as configured)");
  check_command->add_option("--timeout", check.timeout, "Of each stage, such as 500ms or 5s")->capture_default_str();
  check_command->add_option("--config", check.config_file, "Configuration file");
  check_command->add_option("-o,--output", check_format, "table or json")->check(CLI::IsMember({"table", "json"}));

  egresswatch::cli::AskOptions ask{.socket = egresswatch::config::Control{}.socket};
  std::string ask_format;
  const auto add_ask_options = [&](CLI::App* command, const std::string& people) {
    command->add_option("--control.socket", ask.socket, "Where the daemon listens")->capture_default_str();
    command->add_option("-o,--output", ask_format, people + " or json (default " + people + ")")
        ->check(CLI::IsMember({people, std::string("json")}));
  };
  auto* status = cli.add_subcommand("status", "What a running daemon saw: a row for each service and host");
  add_ask_options(status, "table");
  std::string target;
  auto* explain = cli.add_subcommand("explain", "What a running daemon knows of one host: does it work, why not");
  explain->add_option("TARGET", target, "Name or address")->required();
  add_ask_options(explain, "text");

  app::ObserveOptions observe;
  std::string colour = "auto";
  auto* observe_command = cli.add_subcommand("observe", "What happens now, or what happened last: a line per outcome");
  observe_command->add_flag("-f,--follow", observe.follow, "Go on until interrupted");
  observe_command->add_option("--last", observe.last, "Begin with the last N that fit (default 20)");
  observe_command->add_option("--since", observe.since, "Begin so long ago, such as 90s or 10m");
  add_event_filters(observe_command, observe);
  add_line_format(observe_command, observe.format);
  observe_command->add_option("--color", colour, "auto, always or never (default auto)")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  observe_command->add_option("--input-file", observe.input_file,
                              "JSON lines in place of the daemon, - for standard input");
  observe_command->add_option("--control.socket", ask.socket, "Where the daemon listens")->capture_default_str();

  app::ReportOptions report;
  auto* report_command =
      cli.add_subcommand("report", "What this host used, for which function, by which unit; what was unexpected");
  report_command->add_option("-o,--output", report.format, "md, json or csv")
      ->check(CLI::IsMember({"md", "json", "csv"}))
      ->capture_default_str();
  add_history_options(report_command, report);

  app::ExportOptions allowlist;
  auto* export_command =
      cli.add_subcommand("export", "The allowlist that this host needs, for a firewall; written, never applied");
  export_command->add_option("FORMAT", allowlist.format, "nftables, squid, azure-firewall or nsg")
      ->required()
      ->check(CLI::IsMember({"nftables", "squid", "azure-firewall", "nsg"}));
  add_history_options(export_command, allowlist);

  auto* policy = cli.add_subcommand("policy", "What this host is expected to reach");
  policy->require_subcommand(1);
  app::HistoryOptions learned_from;
  auto* learn = policy->add_subcommand("learn", "Write a policy from what was observed");
  add_history_options(learn, learned_from);
  app::PolicyFileOptions policy_file;
  auto* diff = policy->add_subcommand("diff", "What was observed and is not allowed, and the other way round");
  diff->add_option("FILE", policy_file.policy_file, "Policy (default: as configured)");
  add_history_options(diff, policy_file);
  auto* lint = policy->add_subcommand("lint", "What a policy probably does not mean");
  lint->add_option("FILE", policy_file.policy_file, "Policy (default: as configured)");
  lint->add_option("--config", policy_file.config_file, "Configuration file");

  std::string shell;
  auto* completion = cli.add_subcommand("completion", "Print a completion script for a shell");
  completion->add_option("SHELL", shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));

  auto* version = cli.add_subcommand("version", "Print the version");

  try {
    cli.parse(with_joined_exclusions(argc, argv));
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? static_cast<int>(ExitCode::fine) : static_cast<int>(ExitCode::usage);
  }

  if (run_command->parsed()) return finish(app::run(run));
  if (record->parsed()) return finish(app::record(file));
  if (replay_command->parsed()) return finish(app::replay(replay));
  if (check_command->parsed()) {
    check.json = check_format == "json";
    ExitCode code = ExitCode::fine;
    const auto failure = app::check(check, code);
    return failure ? finish(failure) : static_cast<int>(code);
  }
  ask.json = ask_format == "json";
  ask.colour = app::colour_wanted();
  if (status->parsed()) return finish_asking(egresswatch::cli::status(ask));
  if (explain->parsed()) {
    const auto explanation = egresswatch::cli::explain(ask, target);
    if (!explanation) return finish_asking(explanation.error());
    const int code = finish_asking({boost::system::in_place_value, explanation->text});
    return code == 0 && !explanation->seen ? static_cast<int>(ExitCode::findings) : code;
  }
  if (observe_command->parsed()) {
    observe.socket = ask.socket;
    observe.colour = colour == "auto" ? app::colour_wanted() : colour == "always";
    return finish(app::observe(observe));
  }
  if (report_command->parsed()) return finish(app::report(report));
  if (export_command->parsed()) return finish(app::export_allowlist(allowlist));
  if (learn->parsed()) return finish(app::learn_policy(learned_from));
  if (diff->parsed() || lint->parsed()) {
    ExitCode code = ExitCode::fine;
    const auto failure = diff->parsed() ? app::diff_policy(policy_file, code) : app::lint_policy(policy_file, code);
    return failure ? finish(failure) : static_cast<int>(code);
  }
  if (config_check->parsed()) return finish(app::check_config(file));
  if (completion->parsed()) {
    const egresswatch::cli::Command program = egresswatch::command_tree(cli);
    return finish(app::print(shell == "bash"  ? egresswatch::cli::bash_completion(program)
                             : shell == "zsh" ? egresswatch::cli::zsh_completion(program)
                                              : egresswatch::cli::fish_completion(program)));
  }
  if (version->parsed()) app::print_version();
  return static_cast<int>(ExitCode::fine);
}

}  // namespace

// What nothing else expects, for want of memory most likely, is told like any other failure. Not with a code that keeps
// the service manager from another try.
int main(int argc, char** argv) try {
  egresswatch::app::fill_standard_descriptors();
  return execute(argc, argv);
} catch (const std::bad_alloc&) {
  std::fputs("egresswatch: out of memory\n", stderr);
  return static_cast<int>(ExitCode::findings);
} catch (const std::exception& error) {
  std::fprintf(stderr, "egresswatch: %s\n", error.what());
  return static_cast<int>(ExitCode::findings);
}
