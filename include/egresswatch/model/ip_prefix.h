// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "egresswatch/model/ip_address.h"

namespace egresswatch {

// A block of addresses (RFC 4632, RFC 4291 section 2.3). `length` counts the leading bits of the 16 bytes of IpAddress
// that are fixed: 192.0.2.0/24 has length 120. Bits after it are zero.
struct IpPrefix {
  static constexpr unsigned kAddressBits = 128;
  static constexpr unsigned kMappedBits = 96;  // in front of an IPv4 address

  IpAddress address;
  std::uint8_t length = kAddressBits;

  // The address with all but its first `length` bits cleared.
  static IpAddress mask(IpAddress address, unsigned length) {
    for (unsigned i = 0; i < address.bytes.size(); ++i) {
      const unsigned kept = length <= i * 8 ? 0 : length - i * 8;
      if (kept < 8) address.bytes[i] = static_cast<std::uint8_t>(address.bytes[i] & (0xff00U >> kept));
    }
    return address;
  }

  // 192.0.2.0/24, 2001:db8::/32, or a single address. None if text is anything else, also if bits after the prefix are
  // set; `problem`, where given, then says why, to be put after "expected an address or prefix".
  static std::optional<IpPrefix> parse(std::string_view text, std::string_view* problem = nullptr) {
    std::string_view ignored;
    std::string_view& why = problem ? *problem : ignored;
    const std::size_t slash = text.find('/');
    const auto address = IpAddress::parse(text.substr(0, slash));
    if (!address) return why = "write it as 192.0.2.0/24 or 2001:db8::/32", std::nullopt;
    if (slash == std::string_view::npos) return IpPrefix{*address, kAddressBits};

    const std::string_view digits = text.substr(slash + 1);
    const unsigned in_front = address->is_v4() ? kMappedBits : 0;
    unsigned bits = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc{} || end != digits.data() + digits.size() || bits > kAddressBits - in_front)
      return why = "the length after / is out of range", std::nullopt;
    const unsigned length = in_front + bits;
    if (mask(*address, length) != *address) return why = "bits after the length are set", std::nullopt;
    return IpPrefix{*address, static_cast<std::uint8_t>(length)};
  }

  [[nodiscard]] bool covers(const IpAddress& other) const { return mask(other, length) == address; }

  [[nodiscard]] std::string to_string() const {
    if (length == kAddressBits) return address.to_string();
    return address.to_string() + "/" + std::to_string(length - (address.is_v4() ? kMappedBits : 0));
  }

  auto operator<=>(const IpPrefix&) const = default;
};

}  // namespace egresswatch
