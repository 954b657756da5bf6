// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "egresswatch/model/ip_address.h"

namespace egresswatch {

// What a passive monitor needs of one DNS message (RFC 1035): the question, and what the answer says about it. Made by
// decode::parse_dns(). Fixed size and reusable, about 5 KB: keep one and parse into it.
//
// Names are lower-case text without the final dot ("." for the root). Letters, digits, '-' and '_' stand for
// themselves, any other byte is \DDD (RFC 4343 section 2.1): no quote, newline, dot or wildcard of a label survives.
// They are views into `text`, valid until the message is parsed into again. Copying would leave the views behind, hence
// forbidden.
struct DnsMessage {
  static constexpr std::size_t kMaxCnames = 16;
  static constexpr std::size_t kMaxAddresses = 64;  // further ones are counted in `addresses_left_out`

  struct Address {
    IpAddress address;
    std::uint32_t ttl_s = 0;
  };

  DnsMessage() = default;
  DnsMessage(const DnsMessage&) = delete;
  DnsMessage& operator=(const DnsMessage&) = delete;

  std::uint16_t id = 0;
  bool response = false;            // QR
  bool truncated = false;           // TC: the client asks again over TCP
  bool chain_complete = true;       // false: the chain was cut, too long for `cnames` or `text`, or it led into itself
  std::uint8_t opcode = 0;          // 0 = QUERY
  std::uint16_t rcode = 0;          // 12 bits where EDNS (RFC 6891) extends it
  std::uint16_t question_type = 0;  // 1 A, 28 AAAA, ...
  std::uint16_t question_class = 0;
  std::uint16_t edns_udp_size = 0;  // 0 = no OPT record
  std::uint16_t answer_count = 0;   // ANCOUNT as the header states it
  std::string_view question;

  // The chain from the question on: each target in order. Answers need not be sorted (RFC 1034 section 3.6.2).
  std::size_t cname_count = 0;
  std::array<std::string_view, kMaxCnames> cnames;
  std::uint32_t min_cname_ttl_s = 0;  // smallest TTL of the chain; 0 without one

  // A and AAAA records whose owner is the question or a name of its chain; others are ignored.
  std::size_t address_count = 0;
  std::array<Address, kMaxAddresses> addresses;
  std::uint16_t addresses_left_out = 0;

  // Holds the text of question and cnames.
  std::array<char, 4096> text;
};

}  // namespace egresswatch
