// SPDX-License-Identifier: Apache-2.0
#include "capture/flow_sweep.h"

#include <bpf/bpf.h>

#include <cerrno>
#include <vector>

#include "base/clock.h"

namespace egresswatch::capture {
namespace {

constexpr std::uint32_t kBatch = 1024;

// Takes everything out of the map.
template <typename Key>
void deliver(int map_fd, std::uint8_t first_time, RecordHandler& handler) {
  std::vector<Key> keys(kBatch);
  std::vector<egw_flow> flows(kBatch);
  // the place of the batch call in the map: four bytes for a hash, but the kernel may grow it
  std::uint64_t position = 0;
  bool first = true;
  for (;;) {
    std::uint32_t count = kBatch;
    const int error = bpf_map_lookup_and_delete_batch(map_fd, first ? nullptr : &position, &position, keys.data(),
                                                      flows.data(), &count, nullptr);
    // ENOENT: the end, with the last `count` entries; ENOSPC: one bucket holds more than a batch
    if (error != 0 && errno != ENOENT) return;
    first = false;
    for (std::uint32_t i = 0; i < count; ++i) {
      egw_flow& flow = flows[i];
      if (flow.packets == 0) continue;
      flow.header = {EGW_FLOW, sizeof flow, monotonic_ns()};
      flow.first = first_time;
      handler.on_record(std::as_bytes(std::span(&flow, 1)));
    }
    if (error != 0) return;
  }
}

}  // namespace

void deliver_flow_sums(int flows_fd, RecordHandler& handler) { deliver<egw_flow_key>(flows_fd, 0, handler); }

void deliver_lost_attempts(int lost_attempts_fd, RecordHandler& handler) {
  deliver<egw_lost_attempt_key>(lost_attempts_fd, 1, handler);
}

}  // namespace egresswatch::capture
