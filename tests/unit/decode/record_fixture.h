// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "decode/record.h"
#include "egresswatch/abi/records.h"

// Records as the kernel writes them.
namespace egresswatch::decode {

inline constexpr std::uint16_t kAfInet = 2;
inline constexpr std::uint16_t kAfInet6 = 10;

inline void set_v4(__u8 (&address)[16], std::uint8_t last) {
  const IpAddress v4 = IpAddress::v4(192, 0, 2, last);
  std::memcpy(address, v4.bytes.data(), sizeof address);
}

inline egw_tuple tuple_v4() {
  egw_tuple tuple{};
  set_v4(tuple.local, 1);
  set_v4(tuple.remote, 2);
  tuple.local_port = 40000;
  tuple.remote_port = 443;
  tuple.family = kAfInet;
  return tuple;
}

inline void expect_tuple_v4(const Tuple& tuple) {
  EXPECT_EQ(tuple.local.to_string(), "192.0.2.1:40000");
  EXPECT_EQ(tuple.remote.to_string(), "192.0.2.2:443");
  EXPECT_EQ(tuple.family, kAfInet);
}

inline egw_process process() {
  egw_process process{};
  process.pid = 77;
  process.uid = 1000;
  process.start_time_ns = 5;
  process.cgroup_id = 6;
  std::memcpy(process.comm, "curl", 4);
  return process;
}

inline void expect_process(const Process& process) {
  EXPECT_EQ(process.pid, 77U);
  EXPECT_EQ(process.uid, 1000U);
  EXPECT_EQ(process.start_time_ns, 5U);
  EXPECT_EQ(process.cgroup_id, 6U);
  EXPECT_EQ(process.name(), "curl");
}

template <typename Record>
Record make(std::uint32_t type) {
  Record record{};
  record.header = {type, sizeof(Record), 123};
  return record;
}

// The bytes of a record, `extra` of them behind its structure, at an address that fits no integer.
template <typename Record>
std::vector<std::byte> unaligned(const Record& record, std::size_t extra = 0) {
  std::vector<std::byte> bytes(1 + sizeof record + extra);
  std::memcpy(bytes.data() + 1, &record, sizeof record);
  for (std::size_t i = 0; i < extra; ++i) bytes[1 + sizeof record + i] = static_cast<std::byte>(i);
  return bytes;
}

template <typename Record>
RecordError decode(const Record& record, Event& event) {
  const std::vector<std::byte> bytes = unaligned(record);
  return decode_record(std::span(bytes).subspan(1), event);
}

template <typename Record>
RecordError error_of(const Record& record) {
  Event event;
  return decode(record, event);
}

}  // namespace egresswatch::decode
