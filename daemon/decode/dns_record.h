// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "decode/dns_error.h"
#include "decode/dns_name.h"

// Resource records (RFC 1035 section 3.2.1) without their owner. Internal to the module.
namespace egresswatch::decode {

inline constexpr std::uint16_t kTypeA = 1;
inline constexpr std::uint16_t kTypeCname = 5;
inline constexpr std::uint16_t kTypeAaaa = 28;
inline constexpr std::uint16_t kTypeOpt = 41;
inline constexpr std::uint16_t kClassIn = 1;

inline constexpr std::size_t kRecordTail = 10;                   // type, class, TTL, RDLENGTH
inline constexpr std::size_t kSmallestRecord = 1 + kRecordTail;  // owned by the root, no RDATA

// What follows the owner. RDATA is [rdata, end) and lies in the message.
struct DnsRecord {
  std::uint16_t type = 0;
  std::uint16_t record_class = 0;
  std::uint32_t ttl = 0;  // as on the wire; OPT keeps flags in it
  std::size_t rdata = 0;
  std::size_t end = 0;
};

// Reads the record whose owner ends at `at` and moves `at` behind it.
inline DnsError read_record(const DnsWire& wire, std::size_t& at, DnsRecord& record) {
  if (wire.size - at < kRecordTail) return DnsError::record_past_end;
  record.type = wire.u16(at);
  record.record_class = wire.u16(at + 2);
  record.ttl = wire.u32(at + 4);
  const std::size_t length = wire.u16(at + 8);
  record.rdata = at + kRecordTail;
  if (wire.size - record.rdata < length) return DnsError::rdata_past_end;
  record.end = at = record.rdata + length;
  return DnsError::none;
}

// Moves `at` behind an owner that does not matter. Its pointer, if any, is not followed.
DnsError skip_owner(const DnsWire& wire, std::size_t& at);

// Whether RDATA of A and AAAA has its size, and that of CNAME is exactly one sound name.
DnsError check_rdata(DnsWire& wire, const DnsRecord& record);

// Whether the options of an OPT record fill its RDATA (RFC 6891 section 6.1.2).
DnsError check_options(const DnsWire& wire, const DnsRecord& record);

// The error of a name that must fill RDATA: running out of RDATA is a wrong RDLENGTH, not the end of the message.
inline DnsError rdata_name_error(DnsError error) {
  return error == DnsError::label_past_end || error == DnsError::name_unterminated ? DnsError::rdata_length : error;
}

}  // namespace egresswatch::decode
