// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "egresswatch/model/events.h"

namespace egresswatch::decode {

enum class RecordError : std::uint8_t {
  none,
  short_header,  // smaller than the header
  bad_size,      // the size in the header is not that of the record
  unknown_type,
  bad_length,   // not the size of its type
  bad_payload,  // a DNS payload larger than its record, its limit or the packet it came from
  bad_address,  // unknown family, or an AF_INET address that is not v4-mapped
  bad_field,    // a value that the kernel cannot have produced
};

inline constexpr std::size_t kRecordErrorCount = static_cast<std::size_t>(RecordError::bad_field) + 1;

std::string_view to_string(RecordError error);

// Makes an event of one record of the ring or of a recording (abi/records.h). The record may be unaligned and may be
// anything: recordings are files. The payload of a DnsPacket is a view into the record. After an error `out` is as it
// was.
RecordError decode_record(std::span<const std::byte> record, Event& out);

}  // namespace egresswatch::decode
