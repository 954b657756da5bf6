// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "egresswatch/model/report.h"

namespace egresswatch::app {

// What the last answer for a name means for a private endpoint.
struct HostResolution {
  Resolution kind = Resolution::none;
  std::string_view sentence;  // empty if there is nothing to say
};

// `vault`: the name is one of Key Vault or Managed HSM. Of other services only a sinkhole is told: their chains always
// contain "privatelink".
HostResolution host_resolution(const DnsReport& answer, bool vault);

}  // namespace egresswatch::app
