// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

// What the first bytes of a connection say, each way. Made by decode/; every string_view is a view into the bytes that
// were parsed, or into a buffer that the parser was given.
namespace egresswatch {

// How a client names its destination in TLS (RFC 6066 section 3).
enum class Sni : std::uint8_t {
  absent,     // no server_name extension, as when a client connects to an address
  present,    // in the clear
  encrypted,  // Encrypted ClientHello: the name in the clear is only that of a front (draft-ietf-tls-esni)
};
inline constexpr std::array<std::string_view, 3> kSniNames{"absent", "present", "encrypted"};
constexpr std::string_view to_string(Sni sni) { return kSniNames[static_cast<std::size_t>(sni)]; }

// A TLS ClientHello (RFC 8446 section 4.1.2).
struct ClientHello {
  Sni sni = Sni::absent;
  std::string_view server_name;  // lower case, without final dot; of the front if encrypted; empty if absent
  std::uint32_t wire_bytes = 0;  // of all records of the hello, headers included; if cut: at least so many
};

// The beginning of an HTTP/1.x request (RFC 9112 section 3).
struct HttpRequest {
  enum class Form : std::uint8_t {
    origin,    // GET /path: to the server itself
    absolute,  // GET http://host/path: to a proxy
    connect,   // CONNECT host:port: to a proxy
  };
  Form form = Form::origin;
  std::string_view host;   // lower case, without port and final dot; IPv6 without brackets; empty = not said
  std::uint16_t port = 0;  // of the authority; 0 = not said
};

// The beginning of what a server answers.
struct ServerReply {
  enum class Kind : std::uint8_t {
    unknown,
    tls_handshake,  // content type 22: a ServerHello
    tls_alert,      // content type 21
    http,
  };
  Kind kind = Kind::unknown;
  std::uint16_t http_status = 0;     // 100 to 599
  std::uint8_t tls_alert = 0;        // RFC 8446 section 6: 40 handshake_failure, 112 unrecognized_name, ...
  std::uint8_t tls_alert_level = 0;  // 1 warning, 2 fatal; 0 = the alert itself is not in the bytes
};

}  // namespace egresswatch
