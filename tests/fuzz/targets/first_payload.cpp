// SPDX-License-Identifier: Apache-2.0
// FirstPayload on any pieces. The first byte chooses:
//
//   even   hostile pieces: three bytes each (signed distance from where the last one ended, captured length, how much
//   was
//          cut off), then the captured bytes
//   odd    an honest kernel: the rest is a stream, told in pieces whose lengths the second byte draws
#include "decode/first_payload.h"

#include <algorithm>
#include <random>
#include <vector>

#include "fuzz/require.h"

namespace {

using egresswatch::TcpPayload;
using egresswatch::decode::FirstPayload;
using Bytes = std::span<const std::byte>;

// Pieces have memory of exactly their size, so that the sanitizers see a read behind it.
bool push(FirstPayload& payload, std::uint32_t offset, Bytes bytes, std::size_t original_length) {
  const std::vector<std::byte> copy(bytes.begin(), bytes.end());
  TcpPayload piece;
  piece.offset = offset;
  piece.original_length = static_cast<std::uint32_t>(original_length);
  piece.payload = copy;
  return payload.push(piece);
}

bool begins_with(Bytes all, Bytes beginning) {
  return all.size() >= beginning.size() && std::equal(beginning.begin(), beginning.end(), all.begin());
}

void hostile(Bytes input) {
  FirstPayload payload;
  std::uint32_t offset = 0;
  while (input.size() >= 3) {
    offset += static_cast<std::uint32_t>(std::to_integer<std::int8_t>(input[0]));
    const std::size_t length = std::min(std::to_integer<std::size_t>(input[1]) * 16, input.size() - 3);
    const std::size_t cut = std::to_integer<std::size_t>(input[2]) * 16;
    const std::vector<std::byte> before(payload.bytes().begin(), payload.bytes().end());
    const bool broken = payload.broken();
    const bool grew = push(payload, offset, input.subspan(3, length), length + cut);
    require(payload.bytes().size() <= EGW_PAYLOAD_MAX, "the maximum is kept");
    require(begins_with(payload.bytes(), before), "what is there stays");
    require(grew == (payload.bytes().size() > before.size()), "growth is told");
    require(!broken || (payload.broken() && !grew), "once broken, always broken");
    require(!grew || offset == before.size(), "it grows at its end");
    offset += static_cast<std::uint32_t>(length);
    input = input.subspan(3 + length);
  }
  payload.reset();
  require(payload.bytes().empty() && !payload.broken(), "as new");
}

void honest(Bytes input) {
  if (input.empty()) return;
  std::minstd_rand random(std::to_integer<unsigned>(input[0]) + 1);
  input = input.subspan(1);
  FirstPayload payload;
  for (std::size_t sent = 0; sent < input.size();) {
    const std::size_t length = std::min<std::size_t>(1 + random() % 1500, input.size() - sent);
    push(payload, static_cast<std::uint32_t>(sent), input.subspan(sent, length), length);
    sent += length;
  }
  require(!payload.broken(), "nothing is missing");
  const Bytes expected = input.first(std::min<std::size_t>(input.size(), EGW_PAYLOAD_MAX));
  require(payload.bytes().size() == expected.size() && begins_with(expected, payload.bytes()), "it is what was sent");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes rest(reinterpret_cast<const std::byte*>(data) + 1, size - 1);
  if (data[0] % 2 == 0)
    hostile(rest);
  else
    honest(rest);
  return 0;
}
