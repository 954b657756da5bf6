// SPDX-License-Identifier: Apache-2.0
#include "check/proxy.h"

#include <openssl/evp.h>

#include <charconv>
#include <cstring>
#include <vector>

#include "check/http_probe.h"
#include "egresswatch/model/host_pattern.h"
#include "egresswatch/model/ip_prefix.h"

namespace egresswatch::check {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string base64(std::string_view text) {
  std::vector<unsigned char> out(4 * ((text.size() + 2) / 3) + 1);
  std::vector<unsigned char> in(text.begin(), text.end());
  const int size = EVP_EncodeBlock(out.data(), in.data(), static_cast<int>(in.size()));
  return {out.begin(), out.begin() + size};
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool entry_matches(std::string_view entry, const std::string& host) {
  if (const auto address = IpAddress::parse(host)) {
    const auto prefix = IpPrefix::parse(entry);
    return prefix && IpPrefix::mask(*address, prefix->length) == prefix->address;
  }
  if (entry.starts_with('.')) entry.remove_prefix(1);
  if (entry.ends_with('.')) entry.remove_suffix(1);
  const std::string domain = lower(entry);
  if (domain.empty() || !host.ends_with(domain)) return false;
  return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
}

const char* first_set(const Environment& environment, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (const char* value = environment(name); value != nullptr && *value != '\0') return value;
  return nullptr;
}

}  // namespace

std::string Proxy::to_string() const { return authority(host, port, 0); }

Result<Proxy> parse_proxy(std::string_view text) {
  constexpr std::size_t kMaxUrl = 2048;
  // the text may hold a password: it is never shown
  const Error bad{"https_proxy of the environment must be http://[USER:PASSWORD@]HOST[:PORT]"};
  if (text.size() > kMaxUrl) return bad;
  if (const std::size_t scheme = text.find("://"); scheme != std::string_view::npos) {
    if (lower(text.substr(0, scheme)) != "http")
      return Error{"https_proxy of the environment is not an http:// proxy: only those can be checked"};
    text.remove_prefix(scheme + 3);
  }
  text = text.substr(0, text.find('/'));
  Proxy proxy;
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    proxy.credentials = percent_decoded(text.substr(0, at));
    text.remove_prefix(at + 1);
  }
  std::string_view port;
  if (text.starts_with('[') && text.find(']') != std::string_view::npos) {
    proxy.host = text.substr(1, text.find(']') - 1);
    port = text.substr(text.find(']') + 1);
  } else {
    proxy.host = lower(text.substr(0, text.find(':')));
    if (text.find(':') != std::string_view::npos) port = text.substr(text.find(':'));
  }
  if (!port.empty()) {
    const char* end = port.data() + port.size();
    const auto [stop, problem] = std::from_chars(port.data() + 1, end, proxy.port);
    if (port[0] != ':' || problem != std::errc() || stop != end || proxy.port == 0) return bad;
  }
  const auto name = HostPattern::parse(proxy.host);
  if (!IpAddress::parse(proxy.host) && (!name || name->wildcard)) return bad;
  return proxy;
}

bool exempted(std::string_view no_proxy, std::string_view host) {
  const std::string name = lower(host);
  while (!no_proxy.empty()) {
    const std::size_t end = std::min(no_proxy.find_first_of(", \t"), no_proxy.size());
    const std::string_view entry = no_proxy.substr(0, end);
    if (entry == "*" || (!entry.empty() && entry_matches(entry, name))) return true;
    no_proxy.remove_prefix(std::min(end + 1, no_proxy.size()));
  }
  return false;
}

Result<std::optional<Proxy>> proxy_for(std::string_view host, const Environment& environment) {
  const char* url = first_set(environment, {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
  if (url == nullptr) return std::optional<Proxy>();
  const char* exceptions = first_set(environment, {"no_proxy", "NO_PROXY"});
  if (exceptions != nullptr && exempted(exceptions, host)) return std::optional<Proxy>();
  auto proxy = parse_proxy(url);
  if (!proxy) return proxy.error();
  return std::optional<Proxy>(std::move(*proxy));
}

std::string connect_request(const Proxy& proxy, std::string_view host, std::uint16_t port) {
  const std::string where = authority(host, port, 0);
  std::string request = "CONNECT " + where + " HTTP/1.1\r\nHost: " + where + "\r\n";
  if (!proxy.credentials.empty()) request += "Proxy-Authorization: Basic " + base64(proxy.credentials) + "\r\n";
  return request + "User-Agent: egresswatch\r\n\r\n";
}

}  // namespace egresswatch::check
