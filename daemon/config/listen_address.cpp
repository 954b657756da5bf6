// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include "config/config.h"
#include "config/text.h"

namespace egresswatch::config {

Result<Endpoint> parse_listen_address(std::string_view text) {
  const auto refused = [&] {
    return Error{"expected an address and port such as 127.0.0.1:10180, [::1]:10180 or :10180, found " +
                 in_quotes(text)};
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return refused();

  const std::string_view digits = text.substr(colon + 1);
  Endpoint endpoint;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), endpoint.port);
  if (error != std::errc{} || end != digits.data() + digits.size()) return refused();

  std::string_view host = text.substr(0, colon);
  if (host.empty()) return endpoint;  // ::, which takes IPv4 as well
  if (host == "localhost") host = "127.0.0.1";
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  if (!address || bracketed != (host.find(':') != std::string_view::npos)) return refused();
  endpoint.address = *address;
  return endpoint;
}

}  // namespace egresswatch::config
