// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "app/context.h"
#include "egresswatch/model/ip_address.h"
#include "egresswatch/model/outcome.h"
#include "egresswatch/model/process.h"
#include "egresswatch/model/service.h"

namespace egresswatch::app {

// Who is behind an address, as far as this host was told.
struct Destination {
  std::string_view service;  // "other" if no rule matched
  std::string_view host;     // the label: the name, or the service's own where its address is the rule; else "other"
  std::string_view name;     // empty if none is known; valid until the next answer is learned, or identify() called
  NameSource source = NameSource::none;
  ServiceId id = kOtherService;
  Function function = Function::none;
  bool port_expected = true;         // the service is offered on this port
  bool outside_service_tag = false;  // see Classifier; of a name at an address
  std::uint64_t answer_uid = 0;      // of the DNS answer that gave the name; 0 = none did
  bool legacy = false;               // a retired or superseded name
};

// By the name that this process, or else any process of the host, was given for the address, or that its hosts file
// has; if no rule knows that name, by the address itself (instance metadata has no name); without either by the ranges
// that are published for a service.
Destination identify(Context& context, const Endpoint& remote, const Process& process, std::uint64_t now_ns);

// By what the client itself asked for: a name, or an address in its place. Where no rule knows it, by the address of
// the connection, if there is one: behind a proxy there is none.
Destination identify_asked(const Context& context, std::string_view asked, std::uint16_t port, NameSource source,
                           const Endpoint* remote);

}  // namespace egresswatch::app
