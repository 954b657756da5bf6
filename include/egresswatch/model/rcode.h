// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace egresswatch {

// DNS response codes by their IANA mnemonics ("DNS RCODEs"), in capitals as every resolver tool prints them. Where the
// value is 12 bits wide, EDNS (RFC 6891 section 6.1.3) extended it.
inline constexpr std::array<std::string_view, 12> kRcodeNames{"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
                                                              "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
                                                              "NXRRSET", "NOTAUTH", "NOTZONE",  "DSOTYPENI"};
inline constexpr std::uint16_t kRcodeBadVersion = 16;
inline constexpr std::uint16_t kRcodeBadCookie = 23;

// "other" for a value that no resolver should send; the number itself goes to events only.
constexpr std::string_view rcode_name(std::uint16_t rcode) {
  if (rcode < kRcodeNames.size()) return kRcodeNames[rcode];
  if (rcode == kRcodeBadVersion) return "BADVERS";
  if (rcode == kRcodeBadCookie) return "BADCOOKIE";
  return "other";
}

}  // namespace egresswatch
