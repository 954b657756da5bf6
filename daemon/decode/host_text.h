// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

// Names of hosts as clients write them into their first bytes.
namespace egresswatch::decode {

// Makes lower case of a host name where it stands, and returns it without one final dot. A host name is 1 to 255
// letters, digits, '-', '_' and '.', without an empty label; anything else gives an empty view. An IPv4 address in
// dotted form passes: RFC 6066 section 3 forbids it as a server name, but clients send it, and then it is what was on
// the wire.
std::string_view to_host_name(std::span<char> text);

}  // namespace egresswatch::decode
