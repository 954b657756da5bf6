// SPDX-License-Identifier: Apache-2.0
#include "decode/server_reply.h"

#include <cstdint>
#include <string_view>

namespace egresswatch::decode {
namespace {

constexpr std::size_t kRecordHeader = 5;
constexpr unsigned kAlert = 21;
constexpr unsigned kHandshake = 22;
constexpr unsigned kMaxRecord = 1U << 14;
constexpr unsigned kServerHello = 2;
constexpr unsigned kAlertSize = 2;

unsigned at(std::span<const std::byte> head, std::size_t index) { return std::to_integer<unsigned>(head[index]); }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

ServerReply parse_alert(std::span<const std::byte> head, unsigned length) {
  if (length != kAlertSize) return {};
  ServerReply reply{.kind = ServerReply::Kind::tls_alert};
  if (head.size() < kRecordHeader + kAlertSize) return reply;
  const unsigned level = at(head, kRecordHeader);
  if (level != 1 && level != 2) return {};
  reply.tls_alert_level = static_cast<std::uint8_t>(level);
  reply.tls_alert = static_cast<std::uint8_t>(at(head, kRecordHeader + 1));
  return reply;
}

// Versions from 3.0 on: an old server names its own in the alert that refuses a newer one.
ServerReply parse_tls(std::span<const std::byte> head) {
  if (head.size() < kRecordHeader || at(head, 1) != 3 || at(head, 2) > 3) return {};
  const unsigned length = at(head, 3) << 8 | at(head, 4);
  if (at(head, 0) == kAlert) return parse_alert(head, length);
  if (length == 0 || length > kMaxRecord) return {};
  if (head.size() > kRecordHeader && at(head, kRecordHeader) != kServerHello) return {};
  return {.kind = ServerReply::Kind::tls_handshake};
}

ServerReply parse_http(std::string_view head) {
  constexpr std::string_view kVersion = "HTTP/1.";
  constexpr std::size_t kStatus = kVersion.size() + 2;  // behind the minor version and a space
  constexpr std::size_t kEnd = kStatus + 3;
  if (head.size() < kEnd || !head.starts_with(kVersion)) return {};
  if (!is_digit(head[kStatus - 2]) || head[kStatus - 1] != ' ') return {};
  unsigned status = 0;
  for (const char c : head.substr(kStatus, 3)) {
    if (!is_digit(c)) return {};
    status = status * 10 + static_cast<unsigned>(c - '0');
  }
  // many servers leave the reason out, and the space with it
  const bool ends = head.size() == kEnd || head[kEnd] == ' ' || head[kEnd] == '\r' || head[kEnd] == '\n';
  if (!ends || status < 100 || status > 599) return {};
  return {.kind = ServerReply::Kind::http, .http_status = static_cast<std::uint16_t>(status)};
}

}  // namespace

ServerReply parse_server_reply(std::span<const std::byte> head) {
  if (head.empty()) return {};
  if (at(head, 0) == kAlert || at(head, 0) == kHandshake) return parse_tls(head);
  return parse_http({reinterpret_cast<const char*>(head.data()), head.size()});
}

}  // namespace egresswatch::decode
