// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/completion.h"

namespace CLI {
class App;
}

namespace egresswatch {

// The commands and options of the program, as they were declared to CLI11.
cli::Command command_tree(const CLI::App& app);

}  // namespace egresswatch
