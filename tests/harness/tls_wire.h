// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// A ClientHello as a client sends it (RFC 8446 section 4.1.2, RFC 6066 section 3), as small as it can be.
namespace egresswatch::testing {

inline void append_u16(std::string& out, std::size_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value & 0xff);
}

// An empty name: no server_name extension. `padding`: bytes of one more extension, to make it as long as wanted.
inline std::string client_hello(std::string_view server_name, std::size_t padding = 0, bool encrypted = false) {
  std::string extensions;
  if (!server_name.empty()) {
    append_u16(extensions, 0);
    append_u16(extensions, server_name.size() + 5);
    append_u16(extensions, server_name.size() + 3);
    extensions += '\0';  // host_name
    append_u16(extensions, server_name.size());
    extensions += server_name;
  }
  if (encrypted) {
    append_u16(extensions, 0xfe0d);
    append_u16(extensions, 1);
    extensions += '\0';  // outer
  }
  if (padding > 0) {
    append_u16(extensions, 21);
    append_u16(extensions, padding);
    extensions.append(padding, '\0');
  }
  std::string body("\x03\x03", 2);
  body.append(32, 'r');
  body += '\0';  // session id
  append_u16(body, 2);
  append_u16(body, 0x1301);
  body += '\x01';
  body += '\0';
  append_u16(body, extensions.size());
  body += extensions;

  std::string handshake("\x01\0", 2);
  append_u16(handshake, body.size());
  handshake += body;
  std::string record("\x16\x03\x01", 3);
  append_u16(record, handshake.size());
  return record + handshake;
}

}  // namespace egresswatch::testing
