// SPDX-License-Identifier: Apache-2.0
#include "cli/report.h"

#include <exception>

#include "app/commands.h"
#include "app/history_reading.h"
#include "app/print.h"

namespace egresswatch::app {
namespace {

std::string render(const cli::Report& report, const std::string& format) {
  if (format == "json") return cli::render_json(report);
  if (format == "csv") return cli::render_csv(report);
  return cli::render_markdown(report);
}

}  // namespace

std::optional<Failure> report(const ReportOptions& options) try {
  HistoryReading reading;
  if (auto failure = read_history(options, reading)) return failure;
  const cli::ReportHead head{.machine = reading.machine, .made_ns = reading.now_ns, .since_ns = reading.since_ns};
  const std::string text =
      render(cli::make_report(head, reading.contents.observations, reading.contents.addresses), options.format);
  return print(text);
} catch (const std::exception& error) {
  return Failure{ExitCode::findings, {error.what()}};
}

}  // namespace egresswatch::app
