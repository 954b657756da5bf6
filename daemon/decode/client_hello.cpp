// SPDX-License-Identifier: Apache-2.0
#include "decode/client_hello.h"

#include <string_view>

#include "decode/handshake_bytes.h"
#include "decode/host_text.h"

namespace egresswatch::decode {
namespace {

constexpr std::uint32_t kRecordHeader = 5;
constexpr std::uint32_t kMessageHeader = 4;
constexpr std::uint32_t kClientHello = 1;
constexpr std::uint32_t kRandom = 32;
constexpr std::uint32_t kMaxSessionId = 32;
constexpr std::uint32_t kServerName = 0;
constexpr std::uint32_t kEncryptedClientHello = 0xfe0d;
constexpr std::uint32_t kHostName = 0;    // the only NameType there is
constexpr std::uint32_t kOuterHello = 0;  // ECHClientHelloType

void read_name(HandshakeBytes& bytes, std::uint32_t length, HelloText& text, ClientHello& out) {
  const std::span<char> name(text.bytes.data(), length);
  bytes.copy(name);
  if (!bytes.ok()) return;
  out.server_name = to_host_name(name);
  if (!out.server_name.empty() && out.sni == Sni::absent) out.sni = Sni::present;
}

// What is wrong within the extension costs the name, and not the hello: a server may be as lenient.
void read_server_name(HandshakeBytes& bytes, std::uint32_t size, HelloText& text, ClientHello& out) {
  const std::uint32_t behind = bytes.left() - size;
  const auto left = [&] { return bytes.left() - behind; };
  const std::uint32_t list = size < 2 ? 0 : bytes.number(2);
  const bool sound = list == left();
  // each entry has a type and a length in front, whatever its type (RFC 6066 section 3)
  while (bytes.ok() && sound && left() >= 3) {
    const std::uint32_t type = bytes.number(1);
    const std::uint32_t length = bytes.number(2);
    if (length > left()) break;
    if (type == kHostName) {
      if (length < text.bytes.size()) read_name(bytes, length, text, out);
      break;
    }
    bytes.skip(length);
  }
  bytes.skip(left());
}

// An inner hello is in the clear only behind the server that decrypted it; then its name is the true one.
void read_encrypted_hello(HandshakeBytes& bytes, std::uint32_t size, ClientHello& out) {
  if (size == 0) return;
  const bool outer = bytes.number(1) == kOuterHello;
  if (bytes.ok() && outer) out.sni = Sni::encrypted;
  bytes.skip(size - 1);
}

void read_extensions(HandshakeBytes& bytes, HelloText& text, ClientHello& out) {
  bool named = false;
  while (bytes.ok() && bytes.left() > 0) {
    const std::uint32_t type = bytes.number(2);
    const std::uint32_t size = bytes.number(2);
    bytes.require(size <= bytes.left());
    if (!bytes.ok()) return;
    if (type == kServerName && !named) {
      named = true;
      read_server_name(bytes, size, text, out);
    } else if (type == kEncryptedClientHello) {
      read_encrypted_hello(bytes, size, out);
    } else {
      bytes.skip(size);
    }
  }
}

void read_body(HandshakeBytes& bytes, HelloText& text, ClientHello& out) {
  bytes.require(bytes.number(1) == 3);  // legacy_version
  bytes.skip(1 + kRandom);
  const std::uint32_t session_id = bytes.number(1);
  bytes.require(session_id <= kMaxSessionId);
  bytes.skip(session_id);
  const std::uint32_t cipher_suites = bytes.number(2);
  bytes.require(cipher_suites >= 2 && cipher_suites % 2 == 0);
  bytes.skip(cipher_suites);
  const std::uint32_t compression_methods = bytes.number(1);
  bytes.require(compression_methods >= 1);
  bytes.skip(compression_methods);
  // a hello without extensions ends here (RFC 5246 section 7.4.1.2)
  if (!bytes.ok() || bytes.left() == 0) return;
  const std::uint32_t extensions = bytes.number(2);
  bytes.require(extensions == bytes.left());
  read_extensions(bytes, text, out);
}

}  // namespace

HelloStatus parse_client_hello(std::span<const std::byte> sent, HelloText& text, ClientHello& out) {
  out = {};
  HandshakeBytes bytes(sent);
  bytes.require(bytes.number(1) == kClientHello);
  const std::uint32_t length = bytes.number(3);
  if (bytes.ok()) {
    bytes.limit(length);
    read_body(bytes, text, out);
    out.wire_bytes = bytes.records() * kRecordHeader + kMessageHeader + length;
  }
  if (bytes.state() == HandshakeBytes::State::foreign) out = {};
  if (bytes.ok()) return HelloStatus::complete;
  return bytes.state() == HandshakeBytes::State::cut ? HelloStatus::incomplete : HelloStatus::not_hello;
}

}  // namespace egresswatch::decode
