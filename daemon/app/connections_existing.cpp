// SPDX-License-Identifier: Apache-2.0
// Sockets that were open before the start, or that are open after records were lost.
#include "app/connections.h"
#include "correlate/tcp_state.h"

namespace egresswatch::app {

using correlate::Connection;
using correlate::kTcpSynSent;

void Connections::on(const TcpExisting& event) {
  if (Connection* known = table_.find(event.socket)) {
    known->seen = true;
    if (event.state == kTcpSynSent) return;
    // where its EGW_TCP_ESTABLISHED was lost
    settle(event.socket, *known, event.time_ns);
    known->established = true;
    open(*known);
    return;
  }
  existing_.push_back(event);
}

void Connections::on_batch_end(std::uint64_t now_ns) {
  if (now_ns > kSettleAfterNs) settle_older_than(now_ns - kSettleAfterNs, now_ns);
  if (existing_.empty()) return;
  std::vector<std::uint64_t> inodes;
  for (const TcpExisting& event : existing_)
    if (event.inode) inodes.push_back(event.inode);
  const auto owners = processes_.socket_owners(inodes);

  for (const TcpExisting& event : existing_) {
    Process process;
    if (const auto owner = owners.find(event.inode); owner != owners.end()) process = owner->second;
    process.uid = event.uid;
    Connection* connection = insert(event.socket, process, event.tuple, now_ns);
    if (!connection) continue;
    connection->netns = event.netns;
    settle(event.socket, *connection, now_ns);
    if (event.state == kTcpSynSent) continue;
    connection->established = true;
    open(*connection);
  }
  existing_.clear();
}

void Connections::begin_resynchronisation() {
  table_.for_each_oldest_first([](const SocketId&, Connection& connection) {
    connection.seen = false;
    return true;
  });
}

void Connections::end_resynchronisation() {
  std::vector<SocketId> gone;
  table_.for_each_oldest_first([&](const SocketId& socket, Connection& connection) {
    if (!connection.seen) {
      settle(socket, connection, connection.attempt_ns);
      release(socket, connection);
      gone.push_back(socket);
    }
    return true;
  });
  for (const SocketId socket : gone) table_.erase(socket);
}

}  // namespace egresswatch::app
