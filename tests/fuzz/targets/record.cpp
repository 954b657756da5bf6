// SPDX-License-Identifier: Apache-2.0
// decode_record on any bytes, at any alignment.
#include "decode/record.h"

#include <cstring>
#include <memory>

#include "fuzz/require.h"

namespace {

using egresswatch::DnsPacket;
using egresswatch::Event;
using egresswatch::TcpFirstByte;
using egresswatch::decode::decode_record;
using egresswatch::decode::RecordError;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::unique_ptr<std::byte[]> shifted(new std::byte[size + 1]);
  if (size > 0) std::memcpy(shifted.get() + 1, data, size);
  const std::span<const std::byte> record(shifted.get() + 1, size);

  Event event = TcpFirstByte{1, 2, 3};
  const RecordError error = decode_record(record, event);
  if (error != RecordError::none) {
    const auto* kept = std::get_if<TcpFirstByte>(&event);
    require(kept != nullptr && kept->time_ns == 1 && kept->socket == 2 && kept->sent_ns == 3,
            "an error changes nothing");
    return 0;
  }
  if (const auto* first = std::get_if<TcpFirstByte>(&event))
    require(first->head_length <= first->head.size(), "the head fits");
  if (const auto* piece = std::get_if<egresswatch::TcpPayload>(&event))
    require(piece->payload.data() >= record.data() &&
                piece->payload.data() + piece->payload.size() <= record.data() + record.size(),
            "the piece lies in the record");
  if (const auto* lookup = std::get_if<egresswatch::NameLookup>(&event))
    require(
        lookup->address_count <= lookup->addresses.size() &&
            lookup->name.data() + lookup->name.size() <= reinterpret_cast<const char*>(record.data() + record.size()),
        "the name lies in the record");
  if (const auto* packet = std::get_if<DnsPacket>(&event)) {
    require(packet->payload.data() >= record.data(), "the payload lies in the record");
    require(packet->payload.data() + packet->payload.size() <= record.data() + record.size(),
            "the payload ends in the record");
    require(packet->payload.size() <= packet->original_length, "the payload is a part of its packet");
  }
  return 0;
}
