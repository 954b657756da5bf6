// SPDX-License-Identifier: Apache-2.0
#include "publish/control_request.h"

#include <charconv>
#include <optional>
#include <system_error>

namespace egresswatch::publish {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

// The value of the first parameter with this name.
std::optional<std::string_view> parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) return pair.substr(equals + 1);
  }
  return std::nullopt;
}

ControlRequest events_request(std::string_view query) {
  ControlRequest request{ControlRequest::Kind::events, {}, 0};
  const auto after = parameter(query, "after");
  if (!after) return request;
  const auto [end, problem] = std::from_chars(after->data(), after->data() + after->size(), request.after);
  if (problem != std::errc() || end != after->data() + after->size()) return {ControlRequest::Kind::malformed, {}};
  return request;
}

}  // namespace

ControlRequest parse_control_request(std::string_view request_target) {
  if (request_target.size() > ControlRequest::kMaxRequestTarget) return {ControlRequest::Kind::malformed, {}};
  const std::size_t question_mark = request_target.find('?');
  const std::string_view path = request_target.substr(0, question_mark);
  if (path == "/v1/status") return {ControlRequest::Kind::status, {}};
  if (path == "/v1/flush") return {ControlRequest::Kind::flush, {}};
  const std::string_view query =
      question_mark == std::string_view::npos ? std::string_view{} : request_target.substr(question_mark + 1);
  if (path == "/v1/events") return events_request(query);
  if (path != "/v1/explain") return {ControlRequest::Kind::unknown, {}};

  const auto encoded = parameter(query, "target");
  auto target = encoded ? percent_decoded(*encoded) : std::nullopt;
  if (!target || target->empty() || target->size() > ControlRequest::kMaxTarget)
    return {ControlRequest::Kind::malformed, {}};
  return {ControlRequest::Kind::explain, std::move(*target)};
}

}  // namespace egresswatch::publish
