// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "app/carried_counts.h"
#include "app/pipeline.h"
#include "base/result.h"
#include "capture/kernel_source.h"

namespace egresswatch::app {

// What the daemon leaves for the next one, in a file that does not survive a reboot (below /run): counters never go
// back then, and connections that are open are known. Written whole under another name and renamed, so it is never half
// there.
struct SavedState {
  capture::RingPosition position;  // up to here the records of the kernel are in it
  std::uint64_t saved_ns = 0;      // CLOCK_MONOTONIC
  std::uint64_t losses_seen = 0;   // Completeness::losses_seen()
};

Result<> save_state(const std::string& file, const SavedState& state, const CarriedCounts& carried,
                    const Pipeline& pipeline);

// What restore_state() found.
enum class Restored {
  nothing,   // there is no file, or it is of an earlier boot
  counters,  // the connections are not those of this daemon's maps, or were written by another version
  all,
};

// Into a new pipeline. The file must belong to this user or root, and nobody else may be able to write it; an error
// says what is wrong with it, and nothing is restored then. `make_pipeline` makes the pipeline anew, where half of it
// had been restored. The rest is left out unless it was read from this ring (0 = none).
Result<Restored> restore_state(const std::string& file, std::uint32_t ring, std::uint64_t now_ns,
                               const std::function<Pipeline&()>& make_pipeline, SavedState& state,
                               CarriedCounts& carried);

}  // namespace egresswatch::app
