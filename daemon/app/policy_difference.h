// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "classify/classifier.h"
#include "classify/policy.h"
#include "cli/policy_diff.h"
#include "history/read.h"

namespace egresswatch::app {

// Holds what was seen against a policy, whether it flags or not. The history knows units only: sections for a process,
// a user, a slice or a container fit nobody here, and raw sockets are not told apart.
cli::PolicyDifference compare_policy(const history::Contents& seen, const classify::Policy& policy,
                                     const classify::Classifier& classifier);

}  // namespace egresswatch::app
