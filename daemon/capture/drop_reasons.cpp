// SPDX-License-Identifier: Apache-2.0
#include "capture/drop_reasons.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/clock.h"

namespace egresswatch::capture {

bool is_ignored_drop(std::string_view name) {
  // NOT_DROPPED_YET in 5.18 to 6.18; TCP_* and SOCKET_* come after the local rules let the packet through
  constexpr std::array<std::string_view, 6> kIgnored{"NOT_DROPPED_YET", "CONSUMED",  "NOT_SPECIFIED",
                                                     "QUEUE_PURGE",     "NO_SOCKET", "MAX"};
  return std::find(kIgnored.begin(), kIgnored.end(), name) != kIgnored.end() || name.starts_with("TCP_") ||
         name.starts_with("SOCKET_");
}

void fill_ignored_drops(const KernelFeatures& features, std::span<std::uint8_t> table) {
  for (const auto& reason : features.drop_reasons())
    if (reason.number < table.size()) table[reason.number] = is_ignored_drop(reason.name);
}

void deliver_drop_reasons(RecordHandler& handler) {
  const auto features = KernelFeatures::probe();
  if (!features) return;
  for (const auto& reason : features->drop_reasons()) {
    egw_drop_reason record{};
    record.header = {EGW_DROP_REASON, sizeof record, monotonic_ns()};
    record.number = reason.number;
    std::memcpy(record.name, reason.name.data(), std::min(reason.name.size(), sizeof record.name - 1));
    handler.on_record(std::as_bytes(std::span(&record, 1)));
  }
  handler.on_batch_end();
}

}  // namespace egresswatch::capture
