// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decode/dns.h"
#include "harness/dns_wire.h"

namespace egresswatch::decode {

using egresswatch::testing::DnsSection;
using egresswatch::testing::DnsWireBuilder;
using egresswatch::testing::WireBytes;

// A message parsed from bytes of exactly its size, so that the sanitizers see a read behind it.
struct Parsed {
  explicit Parsed(WireBytes bytes) : wire(std::move(bytes)), error(parse_dns(wire, message)) {}

  [[nodiscard]] std::vector<std::string_view> cnames() const {
    return {message.cnames.begin(), message.cnames.begin() + static_cast<std::ptrdiff_t>(message.cname_count)};
  }
  [[nodiscard]] std::vector<std::string> addresses() const {
    std::vector<std::string> texts;
    for (const auto& entry : std::span(message.addresses).first(message.address_count))
      texts.push_back(entry.address.to_string());
    return texts;
  }

  WireBytes wire;
  DnsMessage message;
  DnsError error;
};

inline WireBytes bytes_of(std::initializer_list<unsigned> values) {
  WireBytes bytes;
  for (const unsigned value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

}  // namespace egresswatch::decode
