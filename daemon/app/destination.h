// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "app/context.h"
#include "egresswatch/model/ip_address.h"

namespace egresswatch::app {

// Who is behind an address, as far as this host was told.
struct Destination {
  std::string_view service;  // "other" if no rule matched
  std::string_view host;     // the label: the name, or the service's own where its address is the rule; else "other"
  std::string_view name;     // empty if none is known; valid until the next answer is learned
  NameSource source = NameSource::none;
};

// By the name that this process, or else any process of the host, was given for the address; if no rule knows that
// name, by the address itself (instance metadata has no name).
Destination identify(Context& context, const Endpoint& remote, std::uint32_t pid, std::uint64_t now_ns);

}  // namespace egresswatch::app
