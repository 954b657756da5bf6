// SPDX-License-Identifier: Apache-2.0
#include "capture/existing_sockets.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <set>
#include <unordered_set>
#include <utility>

#include "capture/network_namespaces.h"

namespace egresswatch::capture {
namespace {

constexpr std::uint32_t kTcpSynSent = 2;
constexpr std::uint32_t kTcpClose = 7;
constexpr std::uint32_t kTcpListen = 10;
// More than this many sockets of one host are not taken over; they show up when they close.
constexpr std::size_t kMaxExisting = 1'000'000;

// Runs iter/tcp in the current network namespace.
bool read_sockets(const bpf_link* link, std::vector<egw_tcp_existing>& out) {
  const UniqueFd fd(bpf_iter_create(bpf_link__fd(link)));
  if (!fd) return false;
  std::vector<std::byte> buffer(sizeof(egw_tcp_existing) * 256);
  std::size_t kept = 0;
  while (out.size() < kMaxExisting) {
    const ssize_t got = ::read(fd.get(), buffer.data() + kept, buffer.size() - kept);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got <= 0) break;
    // a read may end within a record
    std::size_t at = 0;
    const std::size_t have = kept + static_cast<std::size_t>(got);
    for (; have - at >= sizeof(egw_tcp_existing); at += sizeof(egw_tcp_existing))
      std::memcpy(&out.emplace_back(), buffer.data() + at, sizeof(egw_tcp_existing));
    kept = have - at;
    std::memmove(buffer.data(), buffer.data() + at, kept);
  }
  return true;
}

// `complete` becomes false if a namespace could not be entered or read.
std::vector<egw_tcp_existing> read_everywhere(const bpf_link* link, bool& complete) {
  std::vector<egw_tcp_existing> all;
  const std::size_t refused = for_each_network_namespace([&] { complete = read_sockets(link, all) && complete; });
  complete = complete && refused == 0;
  return all;
}

egw_socket_state state_of(const egw_tcp_existing& socket) {
  egw_socket_state state{};
  state.phase = socket.state == kTcpSynSent ? EGW_PHASE_SYN_SENT : EGW_PHASE_ESTABLISHED;
  state.flags = EGW_STATE_EXISTED_AT_START;
  state.netns = socket.netns;
  state.family = socket.tuple.family;
  state.remote_port = socket.tuple.remote_port;
  std::memcpy(state.remote, socket.tuple.remote, sizeof state.remote);
  return state;
}

}  // namespace

bool deliver_existing_sockets(CoreObject& object, RecordHandler& handler) {
  const bpf_program* program = object.existing_program();
  if (!program) return false;
  const std::unique_ptr<bpf_link, int (*)(bpf_link*)> link(bpf_program__attach_iter(program, nullptr),
                                                           bpf_link__destroy);
  if (!link) return false;

  bool complete = true;
  auto all = read_everywhere(link.get(), complete);

  std::set<std::pair<std::uint32_t, std::uint16_t>> listening;
  for (const auto& socket : all)
    if (socket.state == kTcpListen) listening.emplace(socket.netns, socket.tuple.local_port);

  std::erase_if(all, [&](const egw_tcp_existing& socket) {
    return socket.state == kTcpListen || socket.state == kTcpClose || socket.socket == 0 ||
           listening.contains({socket.netns, socket.tuple.local_port});
  });

  std::unordered_set<std::uint64_t> missing;
  for (const auto& socket : all) {
    const egw_socket_state state = state_of(socket);
    // BPF_NOEXIST: a socket that opened after the attach is followed already, with better knowledge
    if (bpf_map_update_elem(object.sockets_fd(), &socket.socket, &state, BPF_NOEXIST) == 0)
      missing.insert(socket.socket);
  }

  // What closed before its entry was made would stay in the table, and open for the daemon, for ever: such a socket is
  // gone and its entry is still there. If the entry is gone too, its EGW_TCP_CLOSED is in the ring and wants a
  // beginning.
  if (!missing.empty()) {
    for (const auto& socket : read_everywhere(link.get(), complete)) missing.erase(socket.socket);
    std::erase_if(missing, [&](std::uint64_t gone) { return bpf_map_delete_elem(object.sockets_fd(), &gone) != 0; });
    std::erase_if(all, [&](const egw_tcp_existing& socket) { return missing.contains(socket.socket); });
  }
  for (const auto& socket : all) handler.on_record(std::as_bytes(std::span(&socket, 1)));
  handler.on_batch_end();
  return complete;
}

}  // namespace egresswatch::capture
