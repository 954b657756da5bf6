// SPDX-License-Identifier: Apache-2.0
// The records of a recording in memory, to be fed to the pipeline again and again: every round has sockets of its own
// and comes later than the round before, so that to the pipeline each connection is a new one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "egresswatch/abi/recording.h"

namespace egresswatch::bench {

// Every record that concerns a socket has its id right behind the header.
inline constexpr std::size_t kSocketAt = sizeof(egw_header);
static_assert(offsetof(egw_tcp_attempt, socket) == kSocketAt && offsetof(egw_tcp_established, socket) == kSocketAt &&
              offsetof(egw_tcp_first_byte, socket) == kSocketAt && offsetof(egw_tcp_payload, socket) == kSocketAt &&
              offsetof(egw_tcp_retransmit, socket) == kSocketAt && offsetof(egw_tcp_closed, socket) == kSocketAt &&
              offsetof(egw_connect_failed, socket) == kSocketAt && offsetof(egw_flow, socket) == kSocketAt &&
              offsetof(egw_tcp_existing, socket) == kSocketAt && offsetof(egw_dns, socket) == kSocketAt);

// Cookies of a machine are far below; so are the sockets of a round apart from those of the next.
inline constexpr std::uint64_t kSocketStep = std::uint64_t{1} << 32;

struct Record {
  std::vector<std::byte> bytes;
  std::uint64_t socket = 0;  // 0 = concerns none

  [[nodiscard]] egw_header header() const {
    egw_header result;
    std::memcpy(&result, bytes.data(), sizeof result);
    return result;
  }

  // The next round's: `time_step` ns later, of a socket of its own.
  void advance(std::uint64_t time_step) {
    if (socket != 0) shift(kSocketAt, kSocketStep);
    shift(offsetof(egw_header, time_ns), time_step);
    switch (header().type) {
      case EGW_TCP_FIRST_BYTE:
        shift(offsetof(egw_tcp_first_byte, sent_ns), time_step);
        break;
      case EGW_CONNECT_FAILED:
        shift(offsetof(egw_connect_failed, attempt_ns), time_step);
        break;
      case EGW_TCP_CLOSED:
      case EGW_TCP_CLOSING:
        shift(offsetof(egw_tcp_closed, attempt_ns), time_step);
        shift(offsetof(egw_tcp_closed, established_ns), time_step);
        shift(offsetof(egw_tcp_closed, first_sent_ns), time_step);
        shift(offsetof(egw_tcp_closed, first_received_ns), time_step);
        break;
      default:
        break;
    }
  }

 private:
  // Zero means "unknown" in every such field, and stays.
  void shift(std::size_t at, std::uint64_t by) {
    std::uint64_t value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    if (value == 0) return;
    value += by;
    std::memcpy(bytes.data() + at, &value, sizeof value);
  }
};

inline bool concerns_socket(std::uint32_t type) {
  return type != EGW_COUNTERS && type != EGW_DROP_REASON && type != EGW_NAME_LOOKUP;
}

[[noreturn]] inline void fail(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

// All records of the file; what it begins with goes to `start`. A damaged file ends the program.
inline std::vector<Record> read_recording(const std::string& path, egw_recording& start) {
  std::ifstream file(path, std::ios::binary);
  if (!file.read(reinterpret_cast<char*>(&start), sizeof start)) fail(path + ": cannot be read");
  if (start.abi_version != EGW_ABI_VERSION || start.header_size != sizeof start) fail(path + ": another format");
  std::vector<Record> records;
  egw_header header;
  while (file.read(reinterpret_cast<char*>(&header), sizeof header)) {
    if (header.size < kSocketAt + sizeof(std::uint64_t) || header.size > sizeof(egw_dns) + EGW_DNS_PAYLOAD_MAX)
      fail(path + ": damaged");
    Record record;
    record.bytes.resize(header.size);
    std::memcpy(record.bytes.data(), &header, sizeof header);
    if (!file.read(reinterpret_cast<char*>(record.bytes.data()) + sizeof header,
                   static_cast<std::streamsize>(header.size - sizeof header)))
      fail(path + ": damaged");
    if (concerns_socket(header.type))
      std::memcpy(&record.socket, record.bytes.data() + kSocketAt, sizeof record.socket);
    records.push_back(std::move(record));
  }
  return records;
}

// How much later a round is than the one before: a second between the two.
inline std::uint64_t time_step(const std::vector<Record>& round) {
  return round.back().header().time_ns - round.front().header().time_ns + 1'000'000'000;
}

}  // namespace egresswatch::bench
