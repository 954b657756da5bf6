// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace egresswatch::publish {

// What a client of the control socket asks for.
struct ControlRequest {
  enum class Kind { status, explain, flush, events, unknown, malformed };

  static constexpr std::size_t kMaxRequestTarget = 1024;
  static constexpr std::size_t kMaxTarget = 255;

  Kind kind = Kind::unknown;
  std::string target;       // of explain: a name or an address, in any bytes, from 1 to kMaxTarget
  std::uint64_t after = 0;  // of events: the number of the last one that is known
};

// The request target of an HTTP request (RFC 9112 section 3.2.1): /v1/status, /v1/flush, /v1/explain?target=T
// with T percent-encoded (RFC 3986 section 2.1), /v1/events?after=N with a decimal number (absent = 0). Parameters with
// other names are passed over.
ControlRequest parse_control_request(std::string_view request_target);

}  // namespace egresswatch::publish
