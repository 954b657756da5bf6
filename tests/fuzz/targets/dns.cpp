// SPDX-License-Identifier: Apache-2.0
// parse_dns on any bytes.
#include "decode/dns.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "fuzz/require.h"

namespace {

using egresswatch::DnsMessage;
using egresswatch::decode::DnsError;
using egresswatch::decode::parse_dns;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void check_name(const DnsMessage& message, std::string_view name) {
  require(!name.empty(), "a name has text");
  require(name.data() >= message.text.data() && name.data() + name.size() <= message.text.data() + message.text.size(),
          "a name lies in the text");
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '\\') {
      require(i + 3 < name.size() && is_digit(name[i + 1]) && is_digit(name[i + 2]) && is_digit(name[i + 3]),
              "an escape has three digits");
      i += 3;
      continue;
    }
    require((c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_' || c == '.', "a name holds plain text only");
  }
}

void check(const DnsMessage& message, DnsError error) {
  require(message.cname_count <= DnsMessage::kMaxCnames, "the chain fits");
  require(message.address_count <= DnsMessage::kMaxAddresses, "the addresses fit");
  require(message.rcode < 4096, "RCODE has twelve bits");
  require(message.addresses_left_out == 0 || message.address_count == DnsMessage::kMaxAddresses,
          "addresses are left out only where there is no room");
  if (!message.question.empty()) check_name(message, message.question);
  for (std::size_t i = 0; i < message.cname_count; ++i) check_name(message, message.cnames[i]);
  if (error == DnsError::none) {
    require(!message.question.empty(), "a sound message has a question");
    require(message.response || message.cname_count + message.address_count == 0, "a query has no answers");
  } else {
    require(message.cname_count + message.address_count == 0, "an error leaves no answers");
  }
}

void check_same(const DnsMessage& a, const DnsMessage& b) {
  require(a.question == b.question && a.rcode == b.rcode && a.edns_udp_size == b.edns_udp_size &&
              a.chain_complete == b.chain_complete && a.min_cname_ttl_s == b.min_cname_ttl_s &&
              a.addresses_left_out == b.addresses_left_out,
          "same header");
  require(std::equal(a.cnames.begin(), a.cnames.begin() + a.cname_count, b.cnames.begin(),
                     b.cnames.begin() + b.cname_count),
          "same chain");
  require(std::equal(a.addresses.begin(), a.addresses.begin() + a.address_count, b.addresses.begin(),
                     b.addresses.begin() + b.address_count,
                     [](const auto& x, const auto& y) { return x.address == y.address && x.ttl_s == y.ttl_s; }),
          "same addresses");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static DnsMessage message;
  const std::span wire(reinterpret_cast<const std::byte*>(data), size);
  const DnsError error = parse_dns(wire, message);
  check(message, error);

  // what a message says depends neither on the message before nor, if it is whole, on the bit that says it is cut
  static DnsMessage again;
  require(parse_dns(wire, again) == error, "same error");
  check_same(message, again);
  if (error == DnsError::none && !message.truncated) {
    std::vector<std::byte> cut(wire.begin(), wire.end());
    cut[2] |= std::byte{0x02};
    require(parse_dns(cut, again) == DnsError::none, "TC makes no error");
    check_same(message, again);
  }
  return 0;
}
