// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "egresswatch/model/ip_prefix.h"

namespace egresswatch::config {

// Adds a prefix that somebody publishes as the addresses of one service; or says why it cannot be one.
std::optional<std::string> add_published_prefix(std::string_view text, std::vector<IpPrefix>& prefixes);

// Why the prefixes cannot be one list: one is there twice, or inside another. Sorts them.
std::optional<std::string> overlap_within(std::vector<IpPrefix>& prefixes);

}  // namespace egresswatch::config
