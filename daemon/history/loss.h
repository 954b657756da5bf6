// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace egresswatch::history {

// Why what was seen is missing from the history.
enum class Loss : std::uint8_t {
  too_many,      // a table in memory was full
  disk_full,     // no space, quota, or the file has the size that it may have
  io_error,      // the disk
  not_writable,  // rights, a read-only file system, no directory
  locked,        // somebody else writes to the file
  damaged,       // the file is no sound database
  other,
};
inline constexpr std::array<std::string_view, 7> kLossNames{"too_many", "disk_full", "io_error", "not_writable",
                                                            "locked",   "damaged",   "other"};
static_assert(kLossNames.size() == static_cast<std::size_t>(Loss::other) + 1);
constexpr std::string_view to_string(Loss loss) { return kLossNames[static_cast<std::size_t>(loss)]; }

}  // namespace egresswatch::history
