// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "app/commands.h"
#include "app/settings.h"
#include "app/version.h"

namespace egresswatch::app {

std::optional<Failure> check_config(const std::string& file) {
  const auto settings = load_settings(file);
  if (!settings) return Failure{ExitCode::usage, settings.error()};
  std::printf("%s %s\n", file.empty() ? kDefaultConfigFile : file.c_str(),
              settings->from_file ? "is valid" : "does not exist: the defaults hold");
  return std::nullopt;
}

void print_version() { std::printf("egresswatch %s (%s)\n", kVersion, kRevision); }

}  // namespace egresswatch::app
