// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>
#include <cstdint>
#include <string>

#include "app/context.h"
#include "app/destination.h"
#include "egresswatch/model/process.h"

namespace egresswatch::app {

// Says in the log that this host still uses a name that the catalog marks as legacy, what replaces it and who used it:
// once for each name, for as long as the daemon runs. Such a name works today or does not, which the counters tell like
// those of any other; this is what to change before it stops working.
class LegacyNotice {
 public:
  // Wildcard rules cover any number of names. What comes on top is not told, which is said once.
  static constexpr std::size_t kMaxHosts = 64;

  // `destination` is legacy.
  void tell(Context& context, const Destination& destination, const Process& process, std::uint64_t now_ns);

 private:
  boost::unordered_flat_set<std::string> told_;
  bool full_told_ = false;
};

}  // namespace egresswatch::app
