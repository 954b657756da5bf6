// SPDX-License-Identifier: Apache-2.0
#include "publish/text.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstring>
#include <ctime>

#include "base/utf8.h"

namespace egresswatch::publish {
namespace {

constexpr std::size_t kMaxPlainBytes = 255;
constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

void append_padded(std::string& out, std::uint64_t value, int digits) {
  for (std::uint64_t power = 10; digits > 1; --digits, power *= 10)
    if (value < power) out += '0';
  append_number(out, value);
}

template <typename Integer>
void append_integer(std::string& out, Integer value) {
  std::array<char, 24> digits;
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out.append(digits.data(), result.ptr);
}

// value / unit with one decimal, cut and not rounded, so that 999.96 ms never reads 1000.0 ms.
void append_with_decimal(std::string& out, std::uint64_t value, std::uint64_t unit) {
  append_number(out, value / unit);
  out += '.';
  append_number(out, value % unit / (unit / 10));
}

void append_hms(std::string& out, const std::tm& time) {
  append_padded(out, static_cast<std::uint64_t>(time.tm_hour), 2);
  out += ':';
  append_padded(out, static_cast<std::uint64_t>(time.tm_min), 2);
  out += ':';
  append_padded(out, static_cast<std::uint64_t>(time.tm_sec), 2);
}

}  // namespace

void append_plain(std::string& out, std::string_view text) {
  for (const char c : text.substr(0, kMaxPlainBytes)) {
    if (c >= 0x20 && c < 0x7F) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += "\\x";
    out += kHexDigits[byte >> 4];
    out += kHexDigits[byte & 0xF];
  }
}

void append_safe(std::string& out, std::string_view text) {
  for (; !text.empty(); text.remove_prefix(std::min(kMaxPlainBytes, text.size()))) append_plain(out, text);
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const utf8::Decoded next = utf8::decode_first(text);
    if (!next.valid) {
      out += utf8::kReplacement;
    } else if (next.code_point == U'"' || next.code_point == U'\\') {
      out += '\\';
      out += text.front();
    } else if (utf8::is_control(next.code_point)) {
      out += "\\u00";
      out += kHexDigits[next.code_point >> 4];
      out += kHexDigits[next.code_point & 0xF];
    } else {
      out.append(text, 0, next.length);
    }
    text.remove_prefix(next.length);
  }
  out += '"';
}

void append_number(std::string& out, std::uint64_t value) { append_integer(out, value); }
void append_number(std::string& out, std::int64_t value) { append_integer(out, value); }

void append_duration(std::string& out, std::uint64_t nanoseconds) {
  constexpr std::uint64_t kMicrosecond = 1'000;
  constexpr std::uint64_t kMillisecond = 1'000'000;
  constexpr std::uint64_t kDecimalUntil = 100 * kNsPerSecond;
  if (nanoseconds < kMillisecond) {
    append_number(out, nanoseconds / kMicrosecond);
    out += " us";
  } else if (nanoseconds < kNsPerSecond) {
    append_with_decimal(out, nanoseconds, kMillisecond);
    out += " ms";
  } else if (nanoseconds < kDecimalUntil) {
    append_with_decimal(out, nanoseconds, kNsPerSecond);
    out += " s";
  } else {
    append_number(out, nanoseconds / kNsPerSecond);
    out += " s";
  }
}

void append_age(std::string& out, std::uint64_t nanoseconds) {
  struct Unit {
    std::uint64_t until_s;
    std::uint64_t length_s;
    std::string_view name;
  };
  // the longest first
  constexpr std::array<Unit, 3> kUnits{{{172'800, 3600, " h"}, {7200, 60, " min"}, {120, 1, " s"}}};
  Unit fitting{UINT64_MAX, 86'400, " days"};
  const std::uint64_t seconds = nanoseconds / kNsPerSecond;
  for (const Unit& unit : kUnits)
    if (seconds < unit.until_s) fitting = unit;
  append_number(out, seconds / fitting.length_s);
  out += fitting.name;
}

void append_bytes(std::string& out, std::uint64_t bytes) {
  constexpr std::array<std::string_view, 4> kUnits{" kB", " MB", " GB", " TB"};
  if (bytes < 1000) {
    append_number(out, bytes);
    out += " B";
    return;
  }
  std::uint64_t unit = 1000;
  std::size_t i = 0;
  for (; i + 1 < kUnits.size() && bytes / unit >= 1000; ++i) unit *= 1000;
  append_with_decimal(out, bytes, unit);
  out += kUnits[i];
}

void append_address(std::string& out, const IpAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> buffer;
  const bool v4 = address.is_v4();
  if (const char* text = ::inet_ntop(v4 ? AF_INET : AF_INET6, address.bytes.data() + (v4 ? 12 : 0), buffer.data(),
                                     static_cast<socklen_t>(buffer.size())))
    out += text;
}

void append_endpoint(std::string& out, const Endpoint& endpoint) {
  const bool brackets = !endpoint.address.is_v4();
  if (brackets) out += '[';
  append_address(out, endpoint.address);
  if (brackets) out += ']';
  out += ':';
  append_number(out, std::uint64_t{endpoint.port});
}

void append_time_of_day(std::string& out, std::uint64_t wall_ns) {
  const auto second = static_cast<std::time_t>(wall_ns / kNsPerSecond);
  std::tm local{};
  ::localtime_r(&second, &local);
  append_hms(out, local);
  out += '.';
  append_padded(out, wall_ns % kNsPerSecond / 1'000'000, 3);
}

void append_timestamp(std::string& out, std::uint64_t wall_ns) {
  const auto second = static_cast<std::time_t>(wall_ns / kNsPerSecond);
  std::tm utc{};
  ::gmtime_r(&second, &utc);
  append_padded(out, static_cast<std::uint64_t>(utc.tm_year) + 1900, 4);
  out += '-';
  append_padded(out, static_cast<std::uint64_t>(utc.tm_mon) + 1, 2);
  out += '-';
  append_padded(out, static_cast<std::uint64_t>(utc.tm_mday), 2);
  out += 'T';
  append_hms(out, utc);
  out += '.';
  append_padded(out, wall_ns % kNsPerSecond / 1'000, 6);
  out += 'Z';
}

void append_error_name(std::string& out, int error) {
  if (const char* name = ::strerrorname_np(error)) {
    out += name;
  } else {
    append_number(out, std::int64_t{error});
  }
}

void append_dns_type(std::string& out, std::uint16_t type) {
  switch (type) {
    case 1:
      out += "A";
      return;
    case 5:
      out += "CNAME";
      return;
    case 28:
      out += "AAAA";
      return;
    case 65:
      out += "HTTPS";
      return;
    default:
      out += "TYPE";
      append_number(out, std::uint64_t{type});
  }
}

void pad_column(std::string& out, std::size_t begin, std::size_t width) {
  const std::size_t used = out.size() - begin;
  out.append(used < width ? width - used + 1 : 1, ' ');
}

}  // namespace egresswatch::publish
