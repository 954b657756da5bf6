// SPDX-License-Identifier: Apache-2.0
#include "decode/http_head.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "decode/host_text.h"
#include "egresswatch/model/ip_address.h"

namespace egresswatch::decode {
namespace {

constexpr std::string_view kConnect = "CONNECT";

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// RFC 9110 section 5.6.2
bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_alpha(c) || is_digit(c) || kMarks.find(c) != std::string_view::npos;
  });
}

bool is_host_field(std::string_view name) {
  constexpr std::string_view kHost = "host";
  return std::equal(name.begin(), name.end(), kHost.begin(), kHost.end(), [](char a, char b) { return lower(a) == b; });
}

// Takes the next line away from `rest`; none if it has no end. A line may end in LF alone (RFC 9112 section 2.2).
std::optional<std::string_view> next_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// What is behind the host: nothing, or a colon and a number (RFC 3986 section 3.2.3: which may be empty).
bool read_port(std::string_view text, std::uint16_t& port) {
  if (text.empty()) return true;
  if (text[0] != ':') return false;
  text.remove_prefix(1);
  if (text.size() > 5 || !std::all_of(text.begin(), text.end(), is_digit)) return false;
  std::uint32_t value = 0;
  for (const char c : text) value = value * 10 + static_cast<std::uint32_t>(c - '0');
  if (value > UINT16_MAX) return false;
  port = static_cast<std::uint16_t>(value);
  return true;
}

std::string_view read_host(std::string_view host, bool bracketed, HttpText& text) {
  if (host.size() >= text.bytes.size()) return {};
  const std::span<char> copy(text.bytes.data(), host.size());
  std::transform(host.begin(), host.end(), copy.begin(), lower);
  if (!bracketed) return to_host_name(copy);
  const std::string_view address(copy.data(), copy.size());
  const bool ipv6 = address.find(':') != std::string_view::npos && IpAddress::parse(address);
  return ipv6 ? address : std::string_view{};
}

// uri-host [ ":" port ], without userinfo (RFC 3986 section 3.2).
void read_authority(std::string_view authority, HttpText& text, HttpRequest& out) {
  const bool bracketed = authority.starts_with('[');
  if (bracketed) authority.remove_prefix(1);
  const std::size_t end = std::min(authority.find(bracketed ? ']' : ':'), authority.size());
  const std::string_view host = authority.substr(0, end);
  authority.remove_prefix(end);
  if (bracketed) {
    if (authority.empty()) return;
    authority.remove_prefix(1);
  }
  std::uint16_t port = 0;
  if (!read_port(authority, port)) return;
  out.host = read_host(host, bracketed, text);
  if (!out.host.empty()) out.port = port;
}

// scheme "://" authority, up to a path, query or fragment (RFC 3986 section 3).
bool read_absolute(std::string_view target, HttpText& text, HttpRequest& out) {
  const std::size_t colon = target.find(':');
  if (colon == std::string_view::npos || !target.substr(colon).starts_with("://") || !is_alpha(target[0])) return false;
  const bool scheme = std::all_of(target.begin(), target.begin() + static_cast<std::ptrdiff_t>(colon), [](char c) {
    return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  });
  if (!scheme) return false;
  out.form = HttpRequest::Form::absolute;
  const std::string_view authority = target.substr(colon + 3);
  read_authority(authority.substr(0, authority.find_first_of("/?#")), text, out);
  return true;
}

bool read_target(std::string_view method, std::string_view target, HttpText& text, HttpRequest& out) {
  const auto visible = [](char c) { return c > ' ' && c < 0x7f; };
  if (target.empty() || !std::all_of(target.begin(), target.end(), visible)) return false;
  if (method == kConnect) {
    out.form = HttpRequest::Form::connect;
    read_authority(target, text, out);
    return true;
  }
  // "*" is a request to the server itself, too (RFC 9112 section 3.2.4)
  if (target[0] == '/' || target == "*") return true;
  return read_absolute(target, text, out);
}

bool read_request_line(std::string_view line, HttpText& text, HttpRequest& out) {
  constexpr std::string_view kVersion = " HTTP/1.";
  const std::size_t method_end = line.find(' ');
  if (method_end == std::string_view::npos || !is_token(line.substr(0, method_end))) return false;
  const std::size_t target_end = line.find(' ', method_end + 1);
  if (target_end == std::string_view::npos) return false;
  const std::string_view version = line.substr(target_end);
  if (version.size() != kVersion.size() + 1 || !version.starts_with(kVersion) || !is_digit(version.back()))
    return false;
  return read_target(line.substr(0, method_end), line.substr(method_end + 1, target_end - method_end - 1), text, out);
}

void read_host_field(std::string_view rest, HttpText& text, HttpRequest& out) {
  while (const auto line = next_line(rest)) {
    if (line->empty()) return;
    const std::size_t colon = line->find(':');
    if (colon == std::string_view::npos || !is_host_field(line->substr(0, colon))) continue;
    if (!rest.empty() && is_blank(rest[0])) return;
    std::string_view value = line->substr(colon + 1);
    while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
    while (!value.empty() && is_blank(value.back())) value.remove_suffix(1);
    return read_authority(value, text, out);
  }
}

}  // namespace

bool parse_http_request(std::span<const std::byte> sent, HttpText& text, HttpRequest& out) {
  out = {};
  std::string_view rest(reinterpret_cast<const char*>(sent.data()), sent.size());
  const auto line = next_line(rest);
  if (!line || !read_request_line(*line, text, out)) {
    out = {};
    return false;
  }
  if (out.form == HttpRequest::Form::origin) read_host_field(rest, text, out);
  return true;
}

}  // namespace egresswatch::decode
