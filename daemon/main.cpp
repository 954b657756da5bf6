// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <string>
#include <vector>

#include "app/commands.h"
#include "app/terminal.h"
#include "cli/commands.h"
#include "config/config.h"

// Arguments in, exit code out; what happens between is in app/.
namespace {

using egresswatch::app::ExitCode;
using egresswatch::app::Failure;
using egresswatch::app::LineFormat;

// "-o compact|json", for the commands that write a line per outcome.
void add_line_format(CLI::App* command, LineFormat& format) {
  command
      ->add_option_function<std::string>(
          "-o,--output",
          [&format](const std::string& name) { format = name == "json" ? LineFormat::json : LineFormat::compact; },
          "Lines on standard output: compact, for people, or json (default compact)")
      ->check(CLI::IsMember({"compact", "json"}));
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

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): out of memory at the start ends the program, as it should
int main(int argc, char** argv) {
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
  run_command->add_option("--control.socket", run.control_socket,
                          "Unix socket for status and explain, \"\" for none (default /run/egresswatch/control.sock)");
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

  auto* version = cli.add_subcommand("version", "Print the version");

  try {
    cli.parse(argc, argv);
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
  if (config_check->parsed()) return finish(app::check_config(file));
  if (version->parsed()) app::print_version();
  return static_cast<int>(ExitCode::fine);
}
