// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace egresswatch::decode {

// Why a DNS message was refused. The classes are those of RFC 9267 plus those of RFC 6891; the names are label values.
enum class DnsError : std::uint8_t {
  none,
  message_too_long,     // more than 65535 bytes
  short_header,         // fewer than 12 bytes
  no_question,          // QDCOUNT 0
  many_questions,       // QDCOUNT above 1 (RFC 9619)
  question_past_end,    // QTYPE or QCLASS missing
  label_type,           // a length byte of 64 to 191: a label longer than 63, or a reserved type
  label_past_end,       // a label or half a pointer runs out of the message, or out of its RDATA
  name_unterminated,    // no zero byte before the end of the message, or of its RDATA
  name_too_long,        // more than 255 bytes when decompressed
  pointer_past_end,     // points behind the message
  pointer_forward,      // points at itself or behind itself
  pointer_loop,         // points into the run of labels it ends
  pointer_into_header,  // points into the first 12 bytes
  many_pointers,        // more hops than a name can have labels
  record_count,         // the header promises more records than the message can hold
  record_past_end,      // type, class, TTL or RDLENGTH missing
  rdata_past_end,       // RDLENGTH reaches behind the message
  rdata_length,         // RDLENGTH is not what the type needs
  opt_malformed,        // OPT not owned by the root, or options that do not fill its RDATA
  opt_repeated,         // more than one OPT
  too_much_work,        // names that need more steps than any sensible message
};

inline constexpr std::size_t kDnsErrorCount = static_cast<std::size_t>(DnsError::too_much_work) + 1;

std::string_view to_string(DnsError error);

}  // namespace egresswatch::decode
