// SPDX-License-Identifier: Apache-2.0
#include "cli/export.h"

#include <array>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "app/commands.h"
#include "app/history_reading.h"
#include "app/print.h"
#include "app/settings.h"

namespace egresswatch::app {
namespace {

using Export = std::string (*)(const cli::ExportInput&);

constexpr std::array<std::pair<std::string_view, Export>, 4> kFormats{{{"nftables", cli::export_nftables},
                                                                       {"squid", cli::export_squid},
                                                                       {"azure-firewall", cli::export_azure_firewall},
                                                                       {"nsg", cli::export_nsg}}};

}  // namespace

std::optional<Failure> export_allowlist(const ExportOptions& options) try {
  const auto settings = load_settings(options.config_file);
  if (!settings) return Failure{ExitCode::usage, settings.error()};
  HistoryReading reading;
  if (auto failure = read_history(options, reading)) return failure;
  const cli::ExportInput input{.observations = std::move(reading.contents.observations),
                               .addresses = std::move(reading.contents.addresses),
                               .tags = settings->tags,
                               .cloud = settings->config.classify.cloud,
                               .host_name = reading.machine,
                               .begin_ns = reading.since_ns,
                               .end_ns = reading.now_ns};
  std::string text;
  for (const auto& [name, format] : kFormats)
    if (name == options.format) text = format(input);
  if (text.empty())
    return Failure{
        ExitCode::findings,
        {"nothing was seen that could be allowed; let the daemon watch this host for a while, or look further "
         "back with --since"}};
  return print(text);
} catch (const std::exception& error) {
  return Failure{ExitCode::findings, {error.what()}};
}

}  // namespace egresswatch::app
