// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "app/exit_code.h"

namespace egresswatch::app {

// Writes the result of a command to standard output, all of it.
std::optional<Failure> print(const std::string& text);

}  // namespace egresswatch::app
