// SPDX-License-Identifier: Apache-2.0
#include "capture/datagram_sweep.h"

#include <bpf/bpf.h>

#include <cerrno>
#include <vector>

#include "base/clock.h"

namespace egresswatch::capture {
namespace {

constexpr std::uint32_t kBatch = 1024;

}  // namespace

void deliver_datagram_sums(int udp_flows_fd, RecordHandler& handler) {
  std::vector<egw_udp_flow_key> keys(kBatch);
  std::vector<egw_udp_flow> flows(kBatch);
  // the place of the batch call in the map: four bytes for a hash, but the kernel may grow it
  std::uint64_t position = 0;
  bool first = true;
  for (;;) {
    std::uint32_t count = kBatch;
    const int error = bpf_map_lookup_and_delete_batch(udp_flows_fd, first ? nullptr : &position, &position, keys.data(),
                                                      flows.data(), &count, nullptr);
    // ENOENT: the end, with the last `count` entries; ENOSPC: one bucket holds more than a batch
    if (error != 0 && errno != ENOENT) return;
    first = false;
    for (std::uint32_t i = 0; i < count; ++i) {
      egw_udp_flow& flow = flows[i];
      if (flow.packets == 0) continue;
      flow.header = {EGW_UDP_FLOW, sizeof flow, monotonic_ns()};
      flow.first = 0;
      handler.on_record(std::as_bytes(std::span(&flow, 1)));
    }
    if (error != 0) return;
  }
}

}  // namespace egresswatch::capture
