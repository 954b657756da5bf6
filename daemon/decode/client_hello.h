// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "egresswatch/model/wire.h"

namespace egresswatch::decode {

enum class HelloStatus : std::uint8_t {
  complete,
  incomplete,  // the beginning of a ClientHello, as far as it goes
  not_hello,   // not TLS 1.0 to 1.3, not a ClientHello, or its lengths contradict each other; SSLv2 hellos too
};

// Where a server name is kept: what is on the wire may be cut in two by the header of a record.
struct HelloText {
  std::array<char, 256> bytes;
};

// Reads the ClientHello (RFC 8446 sections 4.1.2 and 5.1) in `sent`, what a client sent first, from the first byte on.
// It may be cut anywhere, and spread over any number of records. `out` is a view into `text` only.
//
// Incomplete: `out` is what is known so far. A server name that is there is whole and will not change; but that there
// is none means nothing yet, and `present` may still become `encrypted`, since extensions come in any order. wire_bytes
// is exact if the hello lies in one record, else a lower bound; 0 if its length is not known yet. Not a hello: `out` is
// as new.
//
// The name is that of the first host_name in the first server_name extension (RFC 6066 section 3), if to_host_name()
// takes it for one; a name that it refuses, or an extension with wrong lengths inside, counts as absent, and nothing
// tells that apart.
//
// `encrypted` says that the hello carries an outer Encrypted ClientHello (extension 0xfe0d; draft-ietf-tls-esni,
// section 5). A client that has no key sends one of random content (GREASE ECH, section 6.2), made so that nobody on
// the way can tell it from a real one: then the name in the clear is the true one. With `encrypted` the name is hence
// "of a front, or the true one", never more.
HelloStatus parse_client_hello(std::span<const std::byte> sent, HelloText& text, ClientHello& out);

}  // namespace egresswatch::decode
