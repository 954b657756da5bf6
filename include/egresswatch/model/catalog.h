// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "egresswatch/model/host_pattern.h"
#include "egresswatch/model/ip_prefix.h"
#include "egresswatch/model/service.h"

// What destinations are known to be for, as data: config reads it, classify compiles it.
namespace egresswatch {

using Ports = std::vector<std::uint16_t>;  // host byte order; none = any port

// One endpoint of the catalog that comes with the program.
struct CatalogEntry {
  std::variant<HostPattern, IpPrefix> target;
  Ports ports;
  ServiceId service = kOtherService;  // a built-in one
  Function function = Function::none;
  Cloud cloud = Cloud::all;
  bool legacy = false;        // retired or superseded, but still met
  bool cname_target = false;  // seen in DNS answers only: no client asks for it by this name
  bool shared = false;        // the host serves other traffic too: on other ports it is not this service
  bool untagged = false;      // in no service tag, though its service has one: its addresses say nothing
  std::string replaced_by;    // the host that does its work today; only with legacy
  std::string source;
  std::string note;
};

struct Catalog {
  std::vector<CatalogEntry> entries;
};

// A host that the user adds to a built-in service, such as an AD FS host to entra.
struct HostAddition {
  ServiceId service = kOtherService;
  HostPattern pattern;
  bool operator==(const HostAddition&) const = default;
};

// A service that the user defines.
struct ServiceDefinition {
  std::string name;
  std::vector<HostPattern> hosts;
  std::vector<IpPrefix> addresses;
  Ports ports;
  bool operator==(const ServiceDefinition&) const = default;
};

// Which part of the catalog applies, and what the user puts beside it. Where both name the same pattern or prefix, the
// user's entry wins.
struct ClassifyOptions {
  Cloud cloud = Cloud::public_cloud;  // never `all`
  std::vector<HostAddition> hosts;
  std::vector<ServiceDefinition> services;
  std::vector<HostPattern> private_endpoints;  // vaults that this host must reach at private addresses
  std::vector<HostPattern> public_endpoints;   // vaults that it rightly reaches at public ones, whoever else does not
  bool operator==(const ClassifyOptions&) const = default;
};

}  // namespace egresswatch
