// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace egresswatch::cli {

// What the daemon answered.
struct ControlAnswer {
  unsigned status = 0;  // of HTTP
  std::string body;
};

// GET `request_target` from the daemon that listens on this unix socket. Waits for at most ten seconds. An error is one
// sentence with the remedy: the daemon cannot be reached, or does not let this user ask.
Result<ControlAnswer> ask_daemon(const std::string& socket, const std::string& request_target);

// As a value of a query (RFC 3986 section 2.1).
std::string percent_encoded(std::string_view text);

}  // namespace egresswatch::cli
