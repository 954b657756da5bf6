// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>

#include "decode/client_hello.h"
#include "harness/hello_wire.h"

namespace egresswatch {

inline void PrintTo(Sni sni, std::ostream* out) { *out << "Sni " << static_cast<int>(sni); }

}  // namespace egresswatch

namespace egresswatch::decode {

using egresswatch::testing::append_record;
using egresswatch::testing::HelloBuilder;
using egresswatch::testing::HelloBytes;
using egresswatch::testing::in_records;

inline void PrintTo(HelloStatus status, std::ostream* out) { *out << "HelloStatus " << static_cast<int>(status); }

// A hello parsed from bytes of exactly its size, so that the sanitizers see a read behind it.
struct ParsedHello {
  explicit ParsedHello(std::span<const std::byte> sent) {
    const HelloBytes copy(sent.begin(), sent.end());
    HelloText text;
    ClientHello hello;
    // what is not overwritten must not matter
    hello.server_name = "left over";
    status = parse_client_hello(copy, text, hello);
    sni = hello.sni;
    server_name = hello.server_name;
    wire_bytes = hello.wire_bytes;
  }

  bool operator==(const ParsedHello&) const = default;

  HelloStatus status;
  Sni sni;
  std::string server_name;
  std::uint32_t wire_bytes;
};

inline void PrintTo(const ParsedHello& hello, std::ostream* out) {
  *out << "status " << static_cast<int>(hello.status) << ", sni " << static_cast<int>(hello.sni) << " '"
       << hello.server_name << "', " << hello.wire_bytes << " bytes";
}

}  // namespace egresswatch::decode
