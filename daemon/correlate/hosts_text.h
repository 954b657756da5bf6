// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "egresswatch/model/ip_address.h"

namespace egresswatch::correlate {

// One address and one of its names: lower case, no final dot.
struct HostsEntry {
  IpAddress address;
  std::string name;
};

struct HostsText {
  std::vector<HostsEntry> entries;  // in the order of the file: the first name of an address is its canonical one
  std::uint64_t refused_lines = 0;  // does not begin with an address, or has no name
  std::uint64_t refused_names = 0;  // not a host name
  std::uint64_t over_limit = 0;     // entries past kMaxHostsEntries; 1 for a text longer than kMaxHostsBytes
};

inline constexpr std::size_t kMaxHostsBytes = 1 << 20;
inline constexpr std::size_t kMaxHostsEntries = 65'536;

// The text of a hosts(5) file: an address, blanks, names, and # to the end of the line is a comment. A longer text than
// kMaxHostsBytes is refused whole, since a part of it could end within a name. Loopback and unspecified addresses are
// left out uncounted: they name no destination. Addresses with a zone (fe80::1%eth0) are refused.
HostsText parse_hosts(std::string_view text);

}  // namespace egresswatch::correlate
