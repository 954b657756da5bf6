// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "classify/classifier.h"
#include "egresswatch/model/catalog.h"
#include "egresswatch/model/policy.h"

namespace egresswatch::app {

struct PolicyFinding {
  std::size_t line = 0;  // of the rule or section
  std::string message;
};

// What is valid and probably not meant so, in the order of the file:
//   shadowed     a section that never fits because an earlier one always does; a destination that another rule, of the
//                same section or for everybody, allows already
//   too broad    a name that anybody can have (*.com, *.cloudapp.azure.com), most of the address space, a section for *
//   wrong cloud  an endpoint of a national cloud that is not configured
//   misspelt     almost a host of the catalog; vault.azure.net, which covers no vault; names that only the DNS has
//   retired      a name that Microsoft has replaced
// At most kMaxFindings; a policy in which nothing is flagged is a finding, too.
std::vector<PolicyFinding> lint_policy(const PolicyOptions& policy, const classify::Classifier& classifier,
                                       const ClassifyOptions& options, const Catalog& catalog);

inline constexpr std::size_t kMaxFindings = 1000;

}  // namespace egresswatch::app
