// SPDX-License-Identifier: Apache-2.0
#include "check/http_probe.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "base/clock.h"

namespace egresswatch::check {
namespace {

namespace http = boost::beast::http;

constexpr std::uint32_t kMaxHeader = 16 * 1024;

std::string_view path_of(const Target& target) {
  switch (target.kind) {
    case BuiltinService::key_vault:
    case BuiltinService::managed_hsm:
      return "/healthstatus";
    case BuiltinService::entra:
      return "/common/discovery/instance?api-version=1.1&authorization_endpoint="
             "https%3A%2F%2Flogin.microsoftonline.com%2Fcommon%2Foauth2%2Fv2.0%2Fauthorize";
    case BuiltinService::imds:
      return "/metadata/instance?api-version=2021-02-01";
    default:
      return "/";
  }
}

}  // namespace

std::string authority(std::string_view host, std::uint16_t port, std::uint16_t default_port) {
  std::string out(host);
  if (out.find(':') != std::string::npos) out = "[" + out + "]";
  if (port != default_port) out += ":" + std::to_string(port);
  return out;
}

std::string get_request(const Target& target) {
  const std::uint16_t usual = target.protocol == Protocol::https ? 443 : 80;
  std::string request = "GET ";
  request += path_of(target);
  request += " HTTP/1.1\r\nHost: " + authority(target.host, target.port, usual) + "\r\n";
  // without it instance metadata refuses, as a protection against forwarded requests
  if (target.kind == BuiltinService::imds) request += "Metadata: true\r\n";
  return request + "User-Agent: egresswatch\r\nAccept: */*\r\nConnection: close\r\n\r\n";
}

HttpAnswer exchange(Stream& stream, std::string_view request, bool connect, std::uint64_t timeout_ns) {
  HttpAnswer answer;
  const std::uint64_t deadline_ns = monotonic_ns() + timeout_ns;
  answer.status = stream.write_all(request, deadline_ns);
  if (answer.status != Stream::Status::ok) return answer;

  const std::uint64_t sent_ns = monotonic_ns();
  http::response_parser<http::empty_body> parser;
  parser.header_limit(kMaxHeader);
  parser.skip(connect);
  std::array<char, kMaxHeader> buffer{};
  std::size_t filled = 0;
  while (!parser.is_header_done()) {
    if (filled == buffer.size()) {
      answer.malformed = true;
      return answer;
    }
    std::size_t size = 0;
    // a tunnel's bytes behind the header belong to TLS: taken one by one they stay in the socket
    const std::span space(buffer.data() + filled, connect ? 1 : buffer.size() - filled);
    answer.status = stream.read_some(space, size, deadline_ns);
    if (answer.status != Stream::Status::ok) return answer;
    if (answer.result.first_byte_ns == 0) answer.result.first_byte_ns = monotonic_ns() - sent_ns;
    filled += size;

    boost::system::error_code error;
    const std::size_t used = parser.put(boost::asio::buffer(buffer.data(), filled), error);
    std::copy(buffer.data() + used, buffer.data() + filled, buffer.data());
    filled -= used;
    if (parser.is_header_done()) break;  // what is wrong with the body does not matter
    if (error && error != http::error::need_more) {
      answer.malformed = true;
      return answer;
    }
  }
  answer.result.status = parser.get().result_int();
  const auto info = parser.get().find("x-ms-keyvault-network-info");
  if (info != parser.get().end()) answer.result.network_info = std::string(info->value().substr(0, 255));
  return answer;
}

}  // namespace egresswatch::check
