// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

// Which proxy the environment names, by the rules of curl.
namespace egresswatch::check {

struct Proxy {
  std::string host;
  std::uint16_t port = 1080;  // curl's default
  std::string credentials;    // user:password, decoded; empty = none
  bool operator==(const Proxy&) const = default;

  [[nodiscard]] std::string to_string() const;  // HOST:PORT, never with credentials
};

// http://[user:password@]host[:port] or the same without scheme. Only plain HTTP proxies can be checked.
Result<Proxy> parse_proxy(std::string_view text);

// Whether no_proxy exempts the host: "*", or a list, by commas and spaces, of domains (with or without a leading dot),
// each for itself and all names below it, addresses, and prefixes in CIDR form.
bool exempted(std::string_view no_proxy, std::string_view host);

// The proxy for https:// URLs: https_proxy, HTTPS_PROXY, all_proxy, ALL_PROXY, in this order; none if there is none or
// no_proxy or NO_PROXY exempts the host. `environment` gives a variable or null, as getenv does.
using Environment = std::function<const char*(const char*)>;
Result<std::optional<Proxy>> proxy_for(std::string_view host, const Environment& environment);

// The request for a tunnel (RFC 9110 section 9.3.6). `host` as it is: IPv6 gets its brackets here.
std::string connect_request(const Proxy& proxy, std::string_view host, std::uint16_t port);

}  // namespace egresswatch::check
