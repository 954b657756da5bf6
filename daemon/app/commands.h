// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/exit_code.h"

// What main() offers. Each returns nothing on success, else one sentence and the exit code.
namespace egresswatch::app {

inline constexpr const char* kDefaultConfigFile = "/etc/egresswatch/egresswatch.yaml";

// How outcomes are told, a line each.
enum class LineFormat { compact, wide, json, ocsf };

struct RunOptions {
  std::string config_file;                    // empty = the default file, which need not exist
  std::vector<std::string> listen_addresses;  // in place of those of the configuration
  std::optional<std::string> web_config;      // file, in place of that of the configuration; empty = none
  std::optional<std::string> control_socket;  // in place of that of the configuration; empty = none
  std::string pin_directory;                  // for BPF maps and links that outlive the process; empty = none
  std::string state_file;                     // for counters and connections that do; empty = none
  LineFormat lines = LineFormat::compact;     // without meaning under the journal
};

struct ReplayOptions {
  std::string file;
  std::string config_file;
  bool metrics = false;
  LineFormat lines = LineFormat::compact;
};

struct CheckOptions {
  std::vector<std::string> hosts;  // empty = what the configured cloud and vaults need
  std::string config_file;
  std::string cloud;  // in place of that of the configuration
  std::string timeout = "5s";
  bool json = false;
};

// Where the past is, and how much of it.
struct HistoryOptions {
  std::string since;                          // such as 24h; empty = all that is kept
  std::string config_file;                    // says where the history and the daemon are
  std::string history_file;                   // in place of the configuration, and without asking the daemon
  std::optional<std::string> control_socket;  // in place of that of the configuration
};

struct ReportOptions : HistoryOptions {
  std::string format = "md";  // md, json or csv
};

// lint needs no history.
struct PolicyFileOptions : HistoryOptions {
  std::string policy_file;  // empty = that of the configuration
};

struct ExportOptions : HistoryOptions {
  std::string format;  // nftables, squid, azure-firewall or nsg
};

// What is wanted of the events of a running daemon, or of a file of JSON lines.
struct ObserveOptions {
  std::string socket;
  std::string input_file;  // in place of the daemon; "-" = standard input
  bool follow = false;
  std::optional<std::size_t> last;                          // so many of those that are wanted
  std::string since;                                        // such as 10m
  std::vector<std::pair<std::string, std::string>> wanted;  // property and value, as cli/event_filter.h has them
  std::vector<std::string> excluded;                        // property=value
  LineFormat format = LineFormat::compact;
  bool colour = false;
};

std::optional<Failure> run(const RunOptions& options);
std::optional<Failure> record(const std::string& file);
std::optional<Failure> replay(const ReplayOptions& options);
// Findings are no Failure, which says why a command could not run: the code is for them.
std::optional<Failure> check(const CheckOptions& options, ExitCode& code);
std::optional<Failure> observe(const ObserveOptions& options);
std::optional<Failure> report(const ReportOptions& options);
std::optional<Failure> export_allowlist(const ExportOptions& options);
std::optional<Failure> learn_policy(const HistoryOptions& options);
std::optional<Failure> diff_policy(const PolicyFileOptions& options, ExitCode& code);
std::optional<Failure> lint_policy(const PolicyFileOptions& options, ExitCode& code);
std::optional<Failure> check_config(const std::string& file);
void print_version();

}  // namespace egresswatch::app
