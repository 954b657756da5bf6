// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

// Builds ClientHellos byte by byte (RFC 8446 sections 4.1.2 and 5.1):
//
//   auto wire = in_records(HelloBuilder().grease().server_name("fabrikam.vault.azure.net").message(), {100});
namespace egresswatch::testing {

using HelloBytes = std::vector<std::byte>;

inline void append(HelloBytes& to, std::size_t value, unsigned bytes) {
  while (bytes-- > 0) to.push_back(static_cast<std::byte>(value >> (8 * bytes)));
}
inline void append(HelloBytes& to, std::span<const std::byte> bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}
inline void append(HelloBytes& to, std::string_view text) { append(to, std::as_bytes(std::span(text))); }

class HelloBuilder {
 public:
  static constexpr std::uint16_t kServerName = 0;
  static constexpr std::uint16_t kKeyShare = 51;
  static constexpr std::uint16_t kEncryptedClientHello = 0xfe0d;

  HelloBuilder& extension(std::uint16_t type, std::span<const std::byte> content) {
    has_extensions_ = true;
    append(extensions_, type, 2);
    append(extensions_, content.size(), 2);
    append(extensions_, content);
    return *this;
  }
  HelloBuilder& extension(std::uint16_t type, std::string_view content) {
    return extension(type, std::as_bytes(std::span(content)));
  }
  // A server_name extension with one entry.
  HelloBuilder& server_name(std::string_view name, std::uint8_t type = 0) {
    HelloBytes content;
    append(content, name.size() + 3, 2);
    append(content, type, 1);
    append(content, name.size(), 2);
    append(content, name);
    return extension(kServerName, content);
  }
  // RFC 8701
  HelloBuilder& grease(std::uint16_t value = 0x3a3a) { return extension(value, ""); }
  // X25519MLKEM768 and x25519, as OpenSSL 3.5 and later send them: 1,258 bytes.
  HelloBuilder& post_quantum_key_share() {
    HelloBytes content;
    append(content, 1216 + 32 + 8, 2);
    append(content, 0x11ec, 2);
    append(content, 1216, 2);
    content.resize(content.size() + 1216, std::byte{0x5a});
    append(content, 0x001d, 2);
    append(content, 32, 2);
    content.resize(content.size() + 32, std::byte{0xa5});
    return extension(kKeyShare, content);
  }
  // An outer ECH with an encapsulated key of 32 bytes (draft-ietf-tls-esni, section 5).
  HelloBuilder& encrypted_hello(std::size_t payload = 144) {
    HelloBytes content;
    append(content, 0, 1);
    append(content, 0x00010001, 4);
    append(content, 7, 1);
    append(content, 32, 2);
    content.resize(content.size() + 32, std::byte{0x11});
    append(content, payload, 2);
    content.resize(content.size() + payload, std::byte{0x22});
    return extension(kEncryptedClientHello, content);
  }
  HelloBuilder& session_id(std::size_t size) {
    session_id_ = size;
    return *this;
  }
  HelloBuilder& cipher_suites(std::size_t bytes) {
    cipher_suites_ = bytes;
    return *this;
  }
  HelloBuilder& compression_methods(std::size_t count) {
    compression_methods_ = count;
    return *this;
  }
  // Makes the length of all extensions wrong.
  HelloBuilder& extensions_length_off_by(int difference) {
    difference_ = difference;
    return *this;
  }

  // Of a padding extension (RFC 7685) such that one record with the hello has this many bytes.
  HelloBuilder& padded_to(std::size_t wire_bytes) {
    const std::size_t size = 5 + message().size() + 4;
    const HelloBytes zeros(wire_bytes - size);
    return extension(21, zeros);
  }

  // The handshake message, with its header of four bytes.
  [[nodiscard]] HelloBytes message() const {
    HelloBytes body;
    append(body, 0x0303, 2);
    body.resize(body.size() + 32, std::byte{0x77});
    append(body, session_id_, 1);
    body.resize(body.size() + session_id_, std::byte{0x88});
    append(body, cipher_suites_, 2);
    body.resize(body.size() + cipher_suites_, std::byte{0x13});
    append(body, compression_methods_, 1);
    body.resize(body.size() + compression_methods_);
    if (has_extensions_) {
      append(body, extensions_.size() + static_cast<std::size_t>(difference_), 2);
      append(body, extensions_);
    }
    HelloBytes message;
    append(message, 1, 1);
    append(message, body.size(), 3);
    append(message, body);
    return message;
  }

 private:
  std::size_t session_id_ = 32;
  std::size_t cipher_suites_ = 62;
  std::size_t compression_methods_ = 1;
  bool has_extensions_ = false;
  int difference_ = 0;
  HelloBytes extensions_;
};

inline void append_record(HelloBytes& to, std::span<const std::byte> content, std::uint8_t type = 22) {
  append(to, type, 1);
  append(to, 0x0301, 2);
  append(to, content.size(), 2);
  append(to, content);
}

// A message in records: one for each of the lengths, and one for the rest.
inline HelloBytes in_records(std::span<const std::byte> message, const std::vector<std::size_t>& lengths = {}) {
  HelloBytes wire;
  for (const std::size_t length : lengths) {
    append_record(wire, message.first(length));
    message = message.subspan(length);
  }
  append_record(wire, message);
  return wire;
}

}  // namespace egresswatch::testing
