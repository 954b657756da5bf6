// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace egresswatch {

// An IPv4 or IPv6 address in 16 bytes of network byte order; IPv4 is held v4-mapped (::ffff:a.b.c.d, RFC 4291 section
// 2.5.5.2), so that a v4-mapped IPv6 socket and an IPv4 socket to the same host compare equal.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};

  static IpAddress v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}};
  }

  // Dotted-quad or RFC 4291 text without brackets, zone or prefix length; anything else is none.
  static std::optional<IpAddress> parse(std::string_view text) {
    char buffer[INET6_ADDRSTRLEN];
    // inet_pton stops at a NUL, so "192.0.2.1\0junk" would pass
    if (text.empty() || text.size() >= sizeof buffer || text.find('\0') != std::string_view::npos) return std::nullopt;
    std::memcpy(buffer, text.data(), text.size());
    buffer[text.size()] = '\0';
    IpAddress result;
    if (std::uint8_t quad[4]; ::inet_pton(AF_INET, buffer, quad) == 1) return v4(quad[0], quad[1], quad[2], quad[3]);
    if (::inet_pton(AF_INET6, buffer, result.bytes.data()) == 1) return result;
    return std::nullopt;
  }

  [[nodiscard]] bool is_v4() const {
    static constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return std::memcmp(bytes.data(), kMapped.data(), kMapped.size()) == 0;
  }

  [[nodiscard]] bool is_loopback() const {
    if (is_v4()) return bytes[12] == 127;
    static constexpr std::array<std::uint8_t, 16> kLoopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    return bytes == kLoopback;
  }

  // Not reachable from the Internet: RFC 1918, RFC 6598 (shared), RFC 3927 and RFC 4291 (link-local), RFC 4193 (unique
  // local).
  [[nodiscard]] bool is_private() const {
    if (!is_v4()) return (bytes[0] & 0xfe) == 0xfc || (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80);
    return bytes[12] == 10 || (bytes[12] == 172 && (bytes[13] & 0xf0) == 16) ||
           (bytes[12] == 192 && bytes[13] == 168) || (bytes[12] == 100 && (bytes[13] & 0xc0) == 64) ||
           (bytes[12] == 169 && bytes[13] == 254);
  }

  // 0.0.0.0 or ::
  [[nodiscard]] bool is_unspecified() const {
    for (std::size_t i = is_v4() ? 12 : 0; i < bytes.size(); ++i)
      if (bytes[i] != 0) return false;
    return true;
  }

  [[nodiscard]] std::string to_string() const {
    char buffer[INET6_ADDRSTRLEN];
    const char* text = is_v4() ? ::inet_ntop(AF_INET, bytes.data() + 12, buffer, sizeof buffer)
                               : ::inet_ntop(AF_INET6, bytes.data(), buffer, sizeof buffer);
    return text ? text : "";
  }

  auto operator<=>(const IpAddress&) const = default;
};

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;  // host byte order

  // 192.0.2.1:443 or [2001:db8::1]:443
  [[nodiscard]] std::string to_string() const {
    const std::string host = address.to_string();
    return (address.is_v4() ? host : "[" + host + "]") + ":" + std::to_string(port);
  }

  auto operator<=>(const Endpoint&) const = default;
};

}  // namespace egresswatch

template <>
struct std::hash<egresswatch::IpAddress> {
  std::size_t operator()(const egresswatch::IpAddress& address) const noexcept {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::memcpy(&high, address.bytes.data(), sizeof high);
    std::memcpy(&low, address.bytes.data() + sizeof high, sizeof low);
    return static_cast<std::size_t>((high * 0x9E3779B97F4A7C15ULL) ^ low ^ (low >> 29));
  }
};
