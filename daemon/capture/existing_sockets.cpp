// SPDX-License-Identifier: Apache-2.0
#include "capture/existing_sockets.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

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

std::vector<egw_tcp_existing> read_everywhere(const bpf_link* link, bool& worked) {
  std::vector<egw_tcp_existing> all;
  for_each_network_namespace([&] { worked = read_sockets(link, all) || worked; });
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

  bool worked = false;
  const auto all = read_everywhere(link.get(), worked);

  std::set<std::pair<std::uint32_t, std::uint16_t>> listening;
  for (const auto& socket : all)
    if (socket.state == kTcpListen) listening.emplace(socket.netns, socket.tuple.local_port);

  std::unordered_set<std::uint64_t> followed;
  for (const auto& socket : all) {
    if (socket.state == kTcpListen || socket.state == kTcpClose || socket.socket == 0) continue;
    if (listening.contains({socket.netns, socket.tuple.local_port})) continue;
    const egw_socket_state state = state_of(socket);
    // BPF_NOEXIST: a socket that opened after the attach is followed already, with better knowledge
    if (bpf_map_update_elem(object.sockets_fd(), &socket.socket, &state, BPF_NOEXIST) == 0)
      followed.insert(socket.socket);
    handler.on_record(std::as_bytes(std::span(&socket, 1)));
  }

  // what closed between the two steps would stay in the table for ever
  if (!followed.empty()) {
    for (const auto& socket : read_everywhere(link.get(), worked)) followed.erase(socket.socket);
    for (const std::uint64_t gone : followed) bpf_map_delete_elem(object.sockets_fd(), &gone);
  }
  handler.on_batch_end();
  return worked;
}

}  // namespace egresswatch::capture
