// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace egresswatch::publish {

// What clients of an HTTP server may take up.
struct HttpLimits {
  std::size_t connections = 64;
  std::uint32_t header_bytes = 8 * 1024;
  std::chrono::milliseconds timeout{10'000};  // for a request to come in whole, idle time included, and for its answer
};

}  // namespace egresswatch::publish
