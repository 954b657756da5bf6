// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "check/result.h"
#include "check/stream.h"

namespace egresswatch::check {

// HOST, HOST:PORT, [IPV6]:PORT; without the port if it is `default_port` (RFC 9110 section 7.2).
std::string authority(std::string_view host, std::uint16_t port, std::uint16_t default_port);

// The request that shows that an endpoint answers; it needs no credentials.
std::string get_request(const Target& target);

struct HttpAnswer {
  Stream::Status status = Stream::Status::ok;  // of the connection: ok = the header was read whole
  bool malformed = false;                      // something came, and it is not HTTP/1 or its header is too long
  HttpResult result;
};

// Sends a request and reads the header of the answer, at most 16 KiB. `connect`: what follows the header is not HTTP.
HttpAnswer exchange(Stream& stream, std::string_view request, bool connect, std::uint64_t timeout_ns);

}  // namespace egresswatch::check
