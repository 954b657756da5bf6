// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "egresswatch/model/ip_address.h"

// Pieces of lines, each appended to a buffer that the caller reuses: once it has grown, nothing allocates.
namespace egresswatch::publish {

// For a terminal or a log: printable ASCII as it is, every other byte as \xNN. Neither escape sequences nor characters
// that reorder or imitate text get through. What is longer than 255 bytes is cut.
void append_plain(std::string& out, std::string_view text);

// The same for text of any length.
void append_safe(std::string& out, std::string_view text);

// A JSON string with its quotes (RFC 8259 section 7); bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

void append_number(std::string& out, std::uint64_t value);
void append_number(std::string& out, std::int64_t value);

// With a unit that fits: 350 us, 12.4 ms, 3.0 s, 131 s.
void append_duration(std::string& out, std::uint64_t nanoseconds);
// How long ago something was, as people say it: 12 s, 5 min, 3 h, 4 days. Cut, not rounded; at least two of a unit.
void append_age(std::string& out, std::uint64_t nanoseconds);
// 17 B, 1.2 kB, 3.4 MB; powers of 1000.
void append_bytes(std::string& out, std::uint64_t bytes);

void append_address(std::string& out, const IpAddress& address);
// 192.0.2.1:443 or [2001:db8::1]:443
void append_endpoint(std::string& out, const Endpoint& endpoint);

// Nanoseconds since 1970 as local time of day with milliseconds: 14:03:07.123
void append_time_of_day(std::string& out, std::uint64_t wall_ns);
// As RFC 3339 in UTC with microseconds: 2026-09-14T14:03:07.123456Z
void append_timestamp(std::string& out, std::uint64_t wall_ns);

// ECONNREFUSED; the number itself if the C library has no name for it.
void append_error_name(std::string& out, int error);
// A, AAAA, HTTPS, ...; TYPE123 (RFC 3597 section 5) for what has no name here.
void append_dns_type(std::string& out, std::uint16_t type);

// Spaces up to `width` characters after `begin`, and one more, so that columns line up and never touch.
void pad_column(std::string& out, std::size_t begin, std::size_t width);

}  // namespace egresswatch::publish
