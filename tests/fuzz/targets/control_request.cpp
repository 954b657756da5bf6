// SPDX-License-Identifier: Apache-2.0
// What a client of the control socket may write as its request target.
#include "publish/control_request.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/require.h"

using egresswatch::publish::ControlRequest;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const ControlRequest request = egresswatch::publish::parse_control_request(text);
  const bool explain = request.kind == ControlRequest::Kind::explain;
  require(explain == !request.target.empty(), "a target is there for explain only");
  require(request.target.size() <= ControlRequest::kMaxTarget, "a target has a bounded length");
  require(request.target.size() <= size, "decoding makes nothing longer");
  require(!explain || text.starts_with("/v1/explain?"), "only its path explains");
  return 0;
}
