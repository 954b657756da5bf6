// SPDX-License-Identifier: Apache-2.0
#include "publish/phrases.h"

#include "publish/text.h"

namespace egresswatch::publish {
namespace {

std::string_view tls_alert_name(std::uint8_t alert) {
  switch (alert) {
    case 40:
      return "handshake_failure";
    case 42:
      return "bad_certificate";
    case 47:
      return "illegal_parameter";
    case 48:
      return "unknown_ca";
    case 49:
      return "access_denied";
    case 70:
      return "protocol_version";
    case 71:
      return "insufficient_security";
    case 80:
      return "internal_error";
    case 112:
      return "unrecognized_name";
    case 116:
      return "certificate_required";
    default:
      return {};
  }
}

}  // namespace

void append_count(std::string& out, std::uint64_t count, std::string_view noun) {
  append_number(out, count);
  out += ' ';
  out += noun;
  if (count != 1) out += 's';
}

void append_after(std::string& out, std::string_view preposition, std::uint64_t duration_ns) {
  if (duration_ns == 0) return;
  out += preposition;
  append_duration(out, duration_ns);
}

void append_error(std::string& out, int error) {
  if (error == 0) return;
  out += " (";
  append_error_name(out, error);
  out += ')';
}

void append_payload(std::string& out, const ConnectionReport& report) {
  out += "sent ";
  append_bytes(out, report.bytes_sent);
  out += ", received ";
  append_bytes(out, report.bytes_received);
}

void append_tls_alert(std::string& out, std::uint8_t alert) {
  if (const auto name = tls_alert_name(alert); !name.empty())
    out += name;
  else
    append_number(out, std::uint64_t{alert});
}

}  // namespace egresswatch::publish
