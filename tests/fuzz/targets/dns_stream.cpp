// SPDX-License-Identifier: Apache-2.0
// DnsStream on any segments. The first byte chooses:
//
//   even   hostile segments: three bytes each (signed step of the sequence number, captured length, how much was cut
//          off), then the captured bytes
//   odd    an honest sender: the rest is a stream, sent once whole and once in pieces with repeats, which the second
//          byte draws; both must give the same messages
#include "decode/dns_stream.h"

#include <algorithm>
#include <random>
#include <vector>

#include "fuzz/require.h"

namespace {

using egresswatch::decode::DnsStream;
using Bytes = std::span<const std::byte>;

void push(DnsStream& stream, std::uint32_t seq, Bytes bytes, std::size_t original_length, std::vector<std::byte>* all) {
  stream.push(seq, bytes, original_length, [&](Bytes message) {
    require(message.size() <= DnsStream::kMaxMessage, "a message has its limit");
    // reads every byte, for the sanitizers, and keeps the messages apart
    if (!all) {
      const volatile auto sum = std::count(message.begin(), message.end(), std::byte{0});
      static_cast<void>(sum);
      return;
    }
    all->push_back(static_cast<std::byte>(message.size() >> 8));
    all->push_back(static_cast<std::byte>(message.size() & 0xff));
    all->insert(all->end(), message.begin(), message.end());
  });
}

void hostile(Bytes input) {
  DnsStream stream;
  std::uint32_t seq = 0xfffffff0;
  std::uint64_t lost_before = 0;
  while (input.size() >= 3) {
    seq += static_cast<std::uint32_t>(std::to_integer<std::int8_t>(input[0]));
    const std::size_t length = std::min(std::to_integer<std::size_t>(input[1]), input.size() - 3);
    const std::size_t cut = std::to_integer<std::size_t>(input[2]) * 64;
    push(stream, seq, input.subspan(3, length), length + cut, nullptr);
    require(!stream.lost() || stream.counts().lost > 0, "losses are counted");
    require(stream.counts().lost >= lost_before, "counts grow");
    lost_before = stream.counts().lost;
    seq += static_cast<std::uint32_t>(length);
    input = input.subspan(3 + length);
  }
}

void honest(Bytes input) {
  if (input.empty()) return;
  std::minstd_rand random(std::to_integer<unsigned>(input[0]) + 1);
  input = input.subspan(1);
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random()) % limit; };
  const std::uint32_t start = static_cast<std::uint32_t>(random()) * 2;

  std::vector<std::byte> whole;
  DnsStream at_once;
  push(at_once, start, input, input.size(), &whole);

  std::vector<std::byte> pieces;
  DnsStream piecewise;
  push(piecewise, start, {}, 0, nullptr);
  for (std::size_t sent = 0; sent < input.size();) {
    const std::size_t from = below(4) == 0 ? sent - below(std::min<std::size_t>(sent, 64) + 1) : sent;
    const std::size_t to = std::min(input.size(), from + 1 + below(1 + below(100)));
    push(piecewise, start + static_cast<std::uint32_t>(from), input.subspan(from, to - from), to - from, &pieces);
    sent = std::max(sent, to);
  }

  require(whole == pieces, "however it is cut, a stream has the same messages");
  require(at_once.counts().messages == piecewise.counts().messages, "same number of messages");
  require(at_once.counts().too_long == piecewise.counts().too_long, "same number of long ones");
  require(piecewise.counts().lost + piecewise.counts().damaged == 0, "nothing lost without a gap");
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
