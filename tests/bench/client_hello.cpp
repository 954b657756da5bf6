// SPDX-License-Identifier: Apache-2.0
// What it costs to put a ClientHello together from its segments and to read it: the best of many rounds, which disturbs
// least.
#include "decode/client_hello.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "bench/hellos.h"
#include "decode/first_payload.h"

namespace {

using egresswatch::ClientHello;
using egresswatch::TcpPayload;
using egresswatch::bench::hello_of;
using egresswatch::decode::FirstPayload;
using egresswatch::decode::HelloStatus;
using egresswatch::decode::HelloText;
using egresswatch::testing::HelloBytes;

constexpr int kRounds = 40;
constexpr int kHellosPerRound = 20000;
constexpr std::size_t kSegment = 1448;

volatile std::size_t g_sink;

template <typename Work>
double best_ns(Work work) {
  double best = std::numeric_limits<double>::max();
  for (int round = 0; round < kRounds; ++round) {
    std::size_t sum = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kHellosPerRound; ++i) sum += work();
    const auto end = std::chrono::steady_clock::now();
    g_sink = sum;
    best = std::min(best, std::chrono::duration<double, std::nano>(end - begin).count() / kHellosPerRound);
  }
  return best;
}

std::size_t parse(std::span<const std::byte> sent) {
  HelloText text;
  ClientHello hello;
  if (egresswatch::decode::parse_client_hello(sent, text, hello) != HelloStatus::complete) std::exit(1);
  return hello.server_name.size();
}

std::size_t assemble_and_parse(FirstPayload& payload, const HelloBytes& hello) {
  payload.reset();
  for (std::size_t at = 0; at < hello.size(); at += kSegment) {
    TcpPayload piece;
    piece.offset = static_cast<std::uint32_t>(at);
    piece.payload = std::span(hello).subspan(at, std::min(kSegment, hello.size() - at));
    piece.original_length = static_cast<std::uint32_t>(piece.payload.size());
    payload.push(piece);
  }
  return parse(payload.bytes());
}

void measure(const HelloBytes& hello) {
  FirstPayload payload;
  std::printf("ClientHello of %4zu bytes, parsed                %6.0f ns\n", hello.size(),
              best_ns([&] { return parse(hello); }));
  std::printf("ClientHello of %4zu bytes, from segments, parsed %6.0f ns\n", hello.size(),
              best_ns([&] { return assemble_and_parse(payload, hello); }));
}

}  // namespace

int main() {
  measure(hello_of(517, false));
  measure(hello_of(1700, true));
  return 0;
}
