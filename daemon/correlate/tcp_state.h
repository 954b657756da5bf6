// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

// The kernel's numbers of TCP states (linux/tcp_states.h) that a diagnosis depends on.
namespace egresswatch::correlate {

inline constexpr std::uint32_t kTcpEstablished = 1;
inline constexpr std::uint32_t kTcpSynSent = 2;
inline constexpr std::uint32_t kTcpClose = 7;
inline constexpr std::uint32_t kTcpCloseWait = 8;
inline constexpr std::uint32_t kTcpLastAck = 9;

// The peer sent its FIN before this side did.
constexpr bool peer_closed_first(std::uint32_t old_state) {
  return old_state == kTcpCloseWait || old_state == kTcpLastAck;
}

}  // namespace egresswatch::correlate
