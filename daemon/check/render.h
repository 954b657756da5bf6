// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "check/result.h"

namespace egresswatch::check {

// One row per endpoint with the times of its stages, then a sentence for each failure and each note. `colour`: ANSI.
std::string render_table(const std::vector<EndpointResult>& results, bool colour);

// One object per endpoint, one per line (docs/check.md).
std::string render_json(const std::vector<EndpointResult>& results);

}  // namespace egresswatch::check
