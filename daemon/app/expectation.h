// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "app/context.h"
#include "app/destination.h"
#include "egresswatch/model/ip_address.h"
#include "egresswatch/model/outcome.h"
#include "egresswatch/model/process.h"
#include "egresswatch/model/protocol.h"

namespace egresswatch::app {

// One contact with a destination, to be held against what the configuration says.
struct Contacted {
  const Destination& destination;
  Endpoint remote;             // of the packets: the proxy's, if there is one
  bool through_proxy = false;  // then `asked_port` is the destination's
  std::uint16_t asked_port = 0;
  Protocol protocol = Protocol::tcp;
  bool raw_socket = false;
};

struct Expectation {
  Unexpected reason = Unexpected::none;
  bool misses_private_endpoint = false;  // of not_in_policy: that is why
};

// Why the contact was not expected; none for what never leaves this host, for what the policy allows, and for whomever
// it only observes. A vault that must be reached by its private endpoint is flagged in any case.
Expectation judge(const Context& context, const Process& process, const correlate::Unit& unit,
                  const Contacted& contact);

}  // namespace egresswatch::app
