// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "app/explain_facts.h"

namespace egresswatch::app {

struct ExplainVerdict {
  std::string_view word;  // pending, failed, ok, unknown, never_seen
  std::string sentence;   // the first line for a person on call; printable ASCII
};

// The newest outcome decides. Of a connection that is still waiting the end is near enough to count.
ExplainVerdict explain_verdict(const ExplainFacts& facts, std::uint64_t now_ns, std::uint64_t since_ns);

}  // namespace egresswatch::app
