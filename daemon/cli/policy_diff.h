// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "egresswatch/model/observation.h"

namespace egresswatch::cli {

// Between what a host used and what a policy says.
struct PolicyDifference {
  struct NotAllowed {
    Observation seen;
    Unexpected reason = Unexpected::none;
    bool some_addresses = false;  // no name: only some of the addresses that this can be are allowed
  };
  std::vector<NotAllowed> not_allowed;
  std::vector<std::size_t> unused_lines;  // of rules that allow nothing that was seen, ascending

  [[nodiscard]] bool empty() const { return not_allowed.empty() && unused_lines.empty(); }
};

// A line for each; `file` is the policy's. Says so if there is none.
std::string render_policy_diff(const PolicyDifference& difference, const std::string& file);

}  // namespace egresswatch::cli
