// SPDX-License-Identifier: Apache-2.0
#include "decode/dns_record.h"

namespace egresswatch::decode {

DnsError skip_owner(const DnsWire& wire, std::size_t& at) {
  for (;;) {
    if (at >= wire.size) return DnsError::name_unterminated;
    const std::uint8_t head = wire.data[at];
    const bool pointer = head >= kPointerBits;
    if (!pointer && head > kMaxLabelLength) return DnsError::label_type;
    const std::size_t length = pointer ? 2 : std::size_t{head} + 1;
    if (wire.size - at < length) return DnsError::label_past_end;
    at += length;
    if (pointer || head == 0) return DnsError::none;
  }
}

DnsError check_rdata(DnsWire& wire, const DnsRecord& record) {
  const std::size_t length = record.end - record.rdata;
  switch (record.type) {
    case kTypeA:
      return length == 4 ? DnsError::none : DnsError::rdata_length;
    case kTypeAaaa:
      return length == 16 ? DnsError::none : DnsError::rdata_length;
    case kTypeCname: {
      std::size_t at = record.rdata;
      WireName name{};
      if (const DnsError error = walk_name(wire, at, record.end, name); error != DnsError::none)
        return rdata_name_error(error);
      return at == record.end ? DnsError::none : DnsError::rdata_length;
    }
    default:
      return DnsError::none;
  }
}

DnsError check_options(const DnsWire& wire, const DnsRecord& record) {
  constexpr std::size_t kOptionHead = 4;  // code, length
  for (std::size_t at = record.rdata; at != record.end;) {
    if (record.end - at < kOptionHead) return DnsError::opt_malformed;
    const std::size_t length = wire.u16(at + 2);
    at += kOptionHead;
    if (record.end - at < length) return DnsError::opt_malformed;
    at += length;
  }
  return DnsError::none;
}

}  // namespace egresswatch::decode
