// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace egresswatch::correlate {

inline constexpr std::size_t kMaxHostNameLength = 253;  // RFC 1035 section 3.1, as text without the final dot

using HostNameBuffer = std::array<char, kMaxHostNameLength>;

// The form in which names are compared: lower case, no final dot. Empty if the text is no host name: letters, digits,
// '-' and '_', in labels divided by dots. The result is a view of `buffer`.
std::string_view normalise_host_name(std::string_view text, HostNameBuffer& buffer);

}  // namespace egresswatch::correlate
