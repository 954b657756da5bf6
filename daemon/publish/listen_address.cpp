// SPDX-License-Identifier: Apache-2.0
#include "publish/listen_address.h"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>

namespace egresswatch::publish {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

std::optional<IpAddress> parse_host(std::string_view host) {
  if (host.empty()) return IpAddress{};
  if (host == "localhost") return IpAddress::v4(127, 0, 0, 1);
  const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (brackets) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  // 2001:db8::1:443 could mean two things, so IPv6 needs its brackets, and only IPv6 has them
  if (!address || brackets != (host.find(':') != std::string_view::npos)) return std::nullopt;
  return address;
}

}  // namespace

Result<Endpoint> parse_listen_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos) {
    const auto host = parse_host(text.substr(0, colon));
    const auto port = parse_port(text.substr(colon + 1));
    if (host && port) return Endpoint{*host, *port};
  }
  return Error{
      "'" + std::string(text) +
      "' is not an address to listen on: write an IP address and a port, such as 127.0.0.1:10180 or [::1]:10180"};
}

}  // namespace egresswatch::publish
