// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "egresswatch/model/report.h"

namespace egresswatch::app {

// What the last answer for a name means for a private endpoint. `kind` is a value of the label of that name in
// egresswatch_host_resolution; empty where the answer does not tell.
struct HostResolution {
  std::string_view kind;
  std::string_view sentence;  // empty if there is nothing to say
};

// `vault`: the name is one of Key Vault or Managed HSM. Of other services only a sinkhole is told: their chains always
// contain "privatelink".
HostResolution host_resolution(const DnsReport& answer, bool vault);

}  // namespace egresswatch::app
