// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "account/snapshot.h"
#include "classify/classifier.h"
#include "correlate/name_table.h"
#include "publish/recent_outcomes.h"

// The documents behind the control socket: what the daemon knows, as JSON. docs/commands.md has their fields.
namespace egresswatch::app {

// Where the documents come from.
struct ControlSources {
  using Visit = std::function<void(const ConnectionReport&)>;
  struct State {
    bool data_complete = true;
    std::uint64_t since_ns = 0;  // CLOCK_REALTIME of the start
  };

  std::function<account::Snapshot()> ledger;
  std::function<void(const Visit&)> pending;  // connections that will probably fail; may change the ledger
  std::function<const classify::Classifier&()> classifier;
  std::function<correlate::NameMatch(const IpAddress&)> name_of;
  std::function<State()> state;
  std::function<std::uint64_t()> wall_ns;
  publish::RecentOutcomes* recent = nullptr;
};

inline constexpr std::uint64_t kControlVersion = 1;

// One row for each service and host that something happened to.
std::string status_document(const ControlSources& sources);

// Everything about one name or address.
std::string explain_document(const ControlSources& sources, std::string_view target);

}  // namespace egresswatch::app
