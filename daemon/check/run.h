// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/result.h"
#include "check/dns_probe.h"
#include "check/proxy.h"
#include "check/result.h"
#include "check/tls_probe.h"

namespace egresswatch::check {

struct RunOptions {
  std::uint64_t timeout_ns = 5'000'000'000;  // of each stage
  Names names;
  Environment environment;  // where the proxy is named
};

// DNS, address, TCP, TLS, first byte; ends with the first stage that fails.
EndpointResult check_endpoint(const Target& target, const std::optional<Proxy>& proxy, const TlsContext& tls,
                              const RunOptions& options);

// All targets, up to eight at the same time; the results are in the order of the targets. `progress` is called from the
// calling thread, a few times a second, with how many are done. Fails if nothing can be tried at all.
using Progress = std::function<void(std::size_t done)>;
Result<std::vector<EndpointResult>> run(const std::vector<Target>& targets, const RunOptions& options,
                                        const Progress& progress);

}  // namespace egresswatch::check
