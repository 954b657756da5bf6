// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/control.h"

namespace egresswatch::app {

// What is remembered of one target. Views and pointers are valid until the next report.
struct ExplainFacts {
  // Bounds of what is told; `pending_count` counts all.
  static constexpr std::size_t kMaxFailures = publish::RecentDestination::kMaxFailures;
  static constexpr std::size_t kMaxAnswers = 8;
  static constexpr std::size_t kMaxPending = 8;

  std::string target;  // a name in lower case without the final dot, or an address as it is usually written
  std::optional<IpAddress> address;
  classify::Match match;
  bool port_decides = false;  // it is that on the ports of the rule only
  std::string service;
  std::string service_tag;    // that an address is in; it names the service where nothing else does
  correlate::NameMatch name;  // of an address

  std::deque<publish::KeptConnection> pending;  // the oldest first
  std::size_t pending_count = 0;
  std::vector<const ConnectionReport*> failures;  // the newest first
  std::vector<const DnsReport*> answers;          // the newest first
  const publish::RecentDestination::Success* success = nullptr;
  const ConnectionReport* cancelled = nullptr;
  // Hosts whose TLS connections waited for this one, and which this one waited for, each once.
  std::vector<std::string> holds_up;
  std::vector<std::string> waits_for;

  [[nodiscard]] bool seen() const {
    return pending_count > 0 || !failures.empty() || !answers.empty() || success || cancelled || !name.name.empty();
  }
};

ExplainFacts gather_facts(const ControlSources& sources, std::string_view target);

}  // namespace egresswatch::app
