// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "decode/record.h"

// Records that carry bytes of others: packets and texts. The contract is that of decode_record(). Only for record.cpp.
namespace egresswatch::decode {

RecordError decode_dns(std::span<const std::byte> record, Event& out);
RecordError decode_tcp_payload(std::span<const std::byte> record, Event& out);
RecordError decode_drop_reason(std::span<const std::byte> record, Event& out);
RecordError decode_name_lookup(std::span<const std::byte> record, Event& out);

}  // namespace egresswatch::decode
