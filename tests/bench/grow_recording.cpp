// SPDX-License-Identifier: Apache-2.0
// Repeats the storms of a recording (storm/exchange.h) until the copy has as many records as asked for. Every round has
// sockets of its own and comes later than the round before, so that to the pipeline each connection is a new one.
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

#include "egresswatch/abi/recording.h"

namespace {

struct Record {
  std::vector<std::byte> bytes;
  std::uint64_t socket = 0;

  [[nodiscard]] egw_header header() const {
    egw_header result;
    std::memcpy(&result, bytes.data(), sizeof result);
    return result;
  }
};

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "bench_grow_recording: %s\n", why.c_str());
  std::exit(1);
}

// Every record that concerns a socket has its id right behind the header.
constexpr std::size_t kSocketAt = sizeof(egw_header);
static_assert(offsetof(egw_tcp_attempt, socket) == kSocketAt && offsetof(egw_tcp_established, socket) == kSocketAt &&
              offsetof(egw_tcp_first_byte, socket) == kSocketAt && offsetof(egw_tcp_closed, socket) == kSocketAt &&
              offsetof(egw_dns, socket) == kSocketAt);

std::uint64_t read_u64(const Record& record, std::size_t at) {
  std::uint64_t value;
  std::memcpy(&value, record.bytes.data() + at, sizeof value);
  return value;
}

// Zero means "unknown" in every field of a time, and stays.
void shift_u64(Record& record, std::size_t at, std::uint64_t by) {
  std::uint64_t value = read_u64(record, at);
  if (value == 0) return;
  value += by;
  std::memcpy(record.bytes.data() + at, &value, sizeof value);
}

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

std::vector<Record> read_all(const std::string& path, egw_recording& start) {
  std::ifstream file(path, std::ios::binary);
  if (!file.read(reinterpret_cast<char*>(&start), sizeof start)) fail(path + ": cannot be read");
  if (start.abi_version != EGW_ABI_VERSION || start.header_size != sizeof start) fail(path + ": another format");
  std::vector<Record> records;
  egw_header header;
  while (file.read(reinterpret_cast<char*>(&header), sizeof header)) {
    if (header.size < sizeof header || header.size > sizeof(egw_dns) + EGW_DNS_PAYLOAD_MAX) fail(path + ": damaged");
    Record record;
    record.bytes.resize(header.size);
    std::memcpy(record.bytes.data(), &header, sizeof header);
    if (!file.read(reinterpret_cast<char*>(record.bytes.data()) + sizeof header,
                   static_cast<std::streamsize>(header.size - sizeof header)))
      fail(path + ": damaged");
    if (header.size > kSocketAt) record.socket = read_u64(record, kSocketAt);
    records.push_back(std::move(record));
  }
  return records;
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

void advance(Record& record, std::uint64_t socket_step, std::uint64_t time_step) {
  shift_u64(record, kSocketAt, socket_step);
  shift_u64(record, offsetof(egw_header, time_ns), time_step);
  switch (record.header().type) {
    case EGW_TCP_FIRST_BYTE:
      shift_u64(record, offsetof(egw_tcp_first_byte, sent_ns), time_step);
      break;
    case EGW_TCP_CLOSED:
      shift_u64(record, offsetof(egw_tcp_closed, attempt_ns), time_step);
      shift_u64(record, offsetof(egw_tcp_closed, established_ns), time_step);
      break;
    default:
      break;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) fail("needs FROM TO RECORDS");
  const std::uint64_t wanted = std::strtoull(argv[3], nullptr, 10);
  egw_recording start;
  std::vector<Record> round = storms_of(read_all(argv[1], start));
  if (round.empty()) fail("no storm in the recording");
  // a second between two rounds; cookies of a machine are far below 2^32
  const std::uint64_t time_step = round.back().header().time_ns - round.front().header().time_ns + 1'000'000'000;
  constexpr std::uint64_t kSocketStep = std::uint64_t{1} << 32;

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
      advance(record, kSocketStep, time_step);
    }
  }
  counters.header = {EGW_COUNTERS, sizeof counters, round.back().header().time_ns};
  write(&counters, sizeof counters);
  if (!out.flush()) fail(std::string(argv[2]) + ": cannot be written");
  std::printf("%zu records a round\n", round.size());
  return 0;
}
