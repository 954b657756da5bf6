// SPDX-License-Identifier: Apache-2.0
// parse_config and parse_catalog on any bytes.
#include "config/config.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/require.h"

using namespace egresswatch;

namespace {

void check(const config::Config& config) {
  require(config.limits.sockets > 0 && config.limits.names > 0 && config.limits.units > 0, "a table has room");
  require((config.capture.ring_bytes & (config.capture.ring_bytes - 1)) == 0, "a ring is a power of two");
  require(config.dns.query_timeout.count() > 0, "a time is one");
  require(!config.web.listen_addresses.empty(), "it listens somewhere");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto config = config::parse_config(text, "egresswatch.yaml"))
    check(*config);
  else
    require(config.error().message.starts_with("egresswatch.yaml"), "an error tells the file");
  if (const auto catalog = config::parse_catalog(text, "catalog.yaml"); !catalog)
    require(catalog.error().message.starts_with("catalog.yaml"), "an error tells the file");
  return 0;
}
