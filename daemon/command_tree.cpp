// SPDX-License-Identifier: Apache-2.0
#include "command_tree.h"

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace egresswatch {
namespace {

// CLI11 tells the values of IsMember in the name of the option's type only: "TEXT:{compact,json}".
std::vector<std::string> values_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t begin = type.find('{');
  const std::size_t end = type.find('}', begin == std::string::npos ? 0 : begin);
  if (begin == std::string::npos || end == std::string::npos) return {};
  return CLI::detail::split(type.substr(begin + 1, end - begin - 1), ',');
}

}  // namespace

cli::Command command_tree(const CLI::App& app) {
  cli::Command command{
      .name = app.get_name(), .help = app.get_description(), .options = {}, .arguments = {}, .commands = {}};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) {
      const std::vector<std::string> values = values_of(*option);
      if (values.empty()) command.takes_any = true;
      command.arguments.insert(command.arguments.end(), values.begin(), values.end());
      continue;
    }
    cli::CommandOption told{.names = {},
                            .help = option->get_description(),
                            .values = values_of(*option),
                            .takes_value = option->get_items_expected_max() > 0};
    for (const std::string& name : option->get_snames()) told.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) told.names.push_back("--" + name);
    command.options.push_back(std::move(told));
  }
  for (const CLI::App* child : app.get_subcommands([](const CLI::App*) { return true; }))
    command.commands.push_back(command_tree(*child));
  return command;
}

}  // namespace egresswatch
