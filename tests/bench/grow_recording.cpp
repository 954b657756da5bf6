// SPDX-License-Identifier: Apache-2.0
// Repeats the storms of a recording (storm/exchange.h) until the copy has as many records as asked for, each round with
// sockets and times of its own.
//
//   bench_grow_recording FROM TO RECORDS
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench/recorded_round.h"

namespace {

using egresswatch::bench::fail;
using egresswatch::bench::read_recording;
using egresswatch::bench::Record;

bool of_the_storm(const egw_tuple& tuple) {
  static constexpr unsigned char kPrefix[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 198, 18};
  return std::memcmp(tuple.remote, kPrefix, sizeof kPrefix) == 0;
}

template <typename Layout>
bool concerns_storm(const Record& record) {
  if (record.bytes.size() < sizeof(Layout)) return false;
  Layout layout;
  std::memcpy(&layout, record.bytes.data(), sizeof layout);
  return of_the_storm(layout.tuple);
}

// DNS messages and whole connections of the storm: what began or ended outside the recording is no steady state.
std::vector<Record> storms_of(const std::vector<Record>& records) {
  std::unordered_map<std::uint64_t, unsigned> ends;
  for (const Record& record : records) {
    if (record.header().type == EGW_TCP_ATTEMPT && concerns_storm<egw_tcp_attempt>(record)) ends[record.socket] |= 1U;
    if (record.header().type == EGW_TCP_CLOSED && concerns_storm<egw_tcp_closed>(record)) ends[record.socket] |= 2U;
  }
  std::vector<Record> result;
  for (const Record& record : records) {
    const auto found = ends.find(record.socket);
    const bool whole = found != ends.end() && found->second == 3U;
    if (whole || (record.header().type == EGW_DNS && concerns_storm<egw_dns>(record))) result.push_back(record);
  }
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) fail("bench_grow_recording needs FROM TO RECORDS");
  const std::uint64_t wanted = std::strtoull(argv[3], nullptr, 10);
  egw_recording start;
  std::vector<Record> round = storms_of(read_recording(argv[1], start));
  if (round.empty()) fail("no storm in the recording");
  const std::uint64_t time_step = egresswatch::bench::time_step(round);

  std::ofstream out(argv[2], std::ios::binary);
  const auto write = [&out](const void* data, std::size_t size) {
    out.write(static_cast<const char*>(data), static_cast<std::streamsize>(size));
  };
  egw_counters counters{};
  write(&start, sizeof start);
  for (std::uint64_t written = 0; written < wanted;) {
    for (Record& record : round) {
      if (written == wanted) break;
      write(record.bytes.data(), record.bytes.size());
      ++counters.produced[record.header().type];
      ++written;
      record.advance(time_step);
    }
  }
  counters.header = {EGW_COUNTERS, sizeof counters, round.back().header().time_ns};
  write(&counters, sizeof counters);
  if (!out.flush()) fail(std::string(argv[2]) + ": cannot be written");
  std::printf("%zu records a round\n", round.size());
  return 0;
}
