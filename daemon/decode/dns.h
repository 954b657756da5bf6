// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "decode/dns_error.h"
#include "egresswatch/model/dns_message.h"

namespace egresswatch::decode {

// Reads one DNS message, query or answer, without the two-byte length that TCP puts in front (RFC 1035 section 4.1,
// EDNS(0) of RFC 6891). Pure: no heap, bounded work, any input.
//
// - Exactly one question. Where OPCODE is not QUERY, only the header and the question are read.
// - Answers are followed from the question through CNAMEs whatever their order, without regard to case, also when
//   RCODE is not 0. Queries, and classes other than IN, yield no chain and no addresses, but must be well-formed.
// - Of a message with TC set, the complete records before the cut count. Without TC a missing record is an error.
// - Authority and additional section are walked for their bounds and for OPT. Bytes behind the last record are ignored,
//   as resolvers do.
//
// After an error `out` holds the header, the question if it was sound, and neither chain nor addresses.
DnsError parse_dns(std::span<const std::byte> wire, DnsMessage& out);

}  // namespace egresswatch::decode
