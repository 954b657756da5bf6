// SPDX-License-Identifier: Apache-2.0
#include "capture/followed_sockets.h"

#include <bpf/bpf.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>
#include <span>
#include <vector>

#include "base/clock.h"

namespace egresswatch::capture {
namespace {

constexpr std::uint32_t kBatch = 1024;

// linux/tcp_states.h
constexpr std::uint32_t kTcpEstablished = 1;
constexpr std::uint32_t kTcpSynSent = 2;

egw_tcp_existing existing(std::uint64_t socket, const egw_socket_state& state) {
  egw_tcp_existing record{};
  record.header = {EGW_TCP_EXISTING, sizeof record, monotonic_ns()};
  record.socket = socket;
  record.netns = state.netns;
  record.uid = state.process.uid;
  record.state = state.phase == EGW_PHASE_SYN_SENT ? kTcpSynSent : kTcpEstablished;
  // without the programs at connect() the table does not hold the destination: then it is "::"
  record.tuple.family = state.family ? state.family : static_cast<__u16>(AF_INET6);
  record.tuple.remote_port = state.remote_port;
  std::memcpy(record.tuple.remote, state.remote, sizeof record.tuple.remote);
  return record;
}

}  // namespace

bool deliver_followed_sockets(int sockets_fd, RecordHandler& handler) {
  std::vector<std::uint64_t> sockets(kBatch);
  std::vector<egw_socket_state> states(kBatch);
  // as in flow_sweep.cpp
  std::uint64_t position = 0;
  bool first = true;
  bool more = true;
  while (more) {
    std::uint32_t count = kBatch;
    const int error = bpf_map_lookup_batch(sockets_fd, first ? nullptr : &position, &position, sockets.data(),
                                           states.data(), &count, nullptr);
    // ENOENT: the end, with the last `count` entries
    if (error != 0 && errno != ENOENT) return false;
    first = false;
    more = error == 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      if (states[i].phase == EGW_PHASE_CONNECTING) continue;
      const egw_tcp_existing record = existing(sockets[i], states[i]);
      handler.on_record(std::as_bytes(std::span(&record, 1)));
    }
  }
  handler.on_batch_end();
  return true;
}

}  // namespace egresswatch::capture
