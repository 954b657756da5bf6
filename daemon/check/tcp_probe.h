// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/unique_fd.h"
#include "check/result.h"

namespace egresswatch::check {

struct TcpProbe {
  std::vector<AddressResult> addresses;  // in the order given
  UniqueFd socket;                       // connected to `used`; the other connections are closed
  std::optional<std::size_t> used;       // the first in order that connected
};

inline constexpr std::size_t kMaxAddresses = 4;

// Connects to all addresses at once and waits for each until it answers or the timeout is over. More than
// kMaxAddresses are cut, such that both families stay present.
TcpProbe probe_tcp(std::span<const IpAddress> addresses, std::uint16_t port, std::uint64_t timeout_ns);

}  // namespace egresswatch::check
