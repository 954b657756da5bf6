// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

// What a shell needs to complete a command line.
namespace egresswatch::cli {

struct CommandOption {
  std::vector<std::string> names;  // with their dashes
  std::string help;
  std::vector<std::string> values;  // the only ones that it takes; empty = any, which may be a file
  bool takes_value = false;
};

// A command and what can follow it. The root is the program itself.
struct Command {
  std::string name;
  std::string help;
  std::vector<CommandOption> options;
  std::vector<std::string> arguments;  // the only values of its first positional argument
  bool takes_any = false;              // a positional argument with other values, such as a file
  std::vector<Command> commands;
};

// A script to be sourced (bash, fish) or put into a directory of fpath (zsh). Names and values must be words without
// spaces or quotes; help texts may be anything.
std::string bash_completion(const Command& program);
std::string zsh_completion(const Command& program);
std::string fish_completion(const Command& program);

}  // namespace egresswatch::cli
