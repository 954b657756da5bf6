// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/exit_code.h"

// What main() offers. Each returns nothing on success, else one sentence and the exit code.
namespace egresswatch::app {

inline constexpr const char* kDefaultConfigFile = "/etc/egresswatch/egresswatch.yaml";

// How outcomes are told on standard output.
enum class LineFormat { compact, json };

struct RunOptions {
  std::string config_file;                    // empty = the default file, which need not exist
  std::vector<std::string> listen_addresses;  // in place of those of the configuration
  std::optional<std::string> control_socket;  // in place of that of the configuration; empty = none
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

std::optional<Failure> run(const RunOptions& options);
std::optional<Failure> record(const std::string& file);
std::optional<Failure> replay(const ReplayOptions& options);
// Findings are no Failure, which says why a command could not run: the code is for them.
std::optional<Failure> check(const CheckOptions& options, ExitCode& code);
std::optional<Failure> check_config(const std::string& file);
void print_version();

}  // namespace egresswatch::app
