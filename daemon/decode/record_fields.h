// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>

#include "decode/record.h"
#include "egresswatch/abi/records.h"

// Parts that several records share. Only for record*.cpp.
namespace egresswatch::decode {

inline constexpr std::uint32_t kMaxErrno = 4095;   // linux/err.h
inline constexpr std::uint32_t kMaxTcpState = 15;  // 13 states now; the kernel keeps them in four bits
inline constexpr std::uint16_t kFamilyV4 = 2;
inline constexpr std::uint16_t kFamilyV6 = 10;

inline bool is_errno(std::uint32_t value) { return value <= kMaxErrno; }
inline bool is_negative_errno(std::int32_t value) {
  return value <= 0 && value >= -static_cast<std::int32_t>(kMaxErrno);
}

inline bool copy_address(std::uint16_t family, const __u8 (&from)[16], IpAddress& to) {
  std::memcpy(to.bytes.data(), from, to.bytes.size());
  return family == kFamilyV6 || to.is_v4() || to.is_unspecified();
}

inline RecordError convert_tuple(const egw_tuple& from, Tuple& to) {
  if (from.family != kFamilyV4 && from.family != kFamilyV6) return RecordError::bad_address;
  to.family = from.family;
  to.local.port = from.local_port;
  to.remote.port = from.remote_port;
  const bool sound = copy_address(from.family, from.local, to.local.address) &&
                     copy_address(from.family, from.remote, to.remote.address);
  return sound ? RecordError::none : RecordError::bad_address;
}

inline Process convert_process(const egw_process& from) {
  Process to;
  to.pid = from.pid;
  to.uid = from.uid;
  to.start_time_ns = from.start_time_ns;
  to.cgroup_id = from.cgroup_id;
  static_assert(sizeof to.comm == sizeof from.comm);
  std::memcpy(to.comm.data(), from.comm, to.comm.size());
  return to;
}

}  // namespace egresswatch::decode
