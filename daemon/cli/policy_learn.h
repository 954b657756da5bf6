// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "egresswatch/model/observation.h"

namespace egresswatch::cli {

struct LearnInput {
  std::vector<Observation> observations;
  std::vector<ObservedAddress> addresses;
  std::string machine;         // name of this host
  std::uint64_t begin_ns = 0;  // CLOCK_REALTIME: what was looked at
  std::uint64_t end_ns = 0;
};

// A policy that flags, and allows each unit what it was seen to use: services of the catalog by their name, vaults and
// strangers by theirs. Addresses without a name, names that are none, and what was flagged already are comments, for
// somebody to decide. Empty if nothing was seen.
std::string learn_policy(const LearnInput& input);

}  // namespace egresswatch::cli
