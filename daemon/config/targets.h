// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include "config/reader.h"
#include "egresswatch/model/catalog.h"

// Values that the configuration and the catalog have in common.
namespace egresswatch::config {

inline constexpr std::size_t kMaxPorts = 64;

std::optional<HostPattern> read_host(const Place& place);
std::optional<IpPrefix> read_prefix(const Place& place);
Ports read_ports(const Place& place);

}  // namespace egresswatch::config
