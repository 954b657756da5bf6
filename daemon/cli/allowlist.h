// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/export.h"
#include "egresswatch/model/ip_address.h"
#include "egresswatch/model/outcome.h"

// What all formats of `egresswatch export` are written from.
namespace egresswatch::cli {

// What all units of this host used alike.
struct AllowedDestination {
  std::string host;                  // a host name in lower case; empty = known by its addresses only
  std::vector<std::string> units;    // sorted
  std::vector<IpAddress> addresses;  // sorted; those of the host, at whichever port
  bool reached = true;               // false: nobody got through
  bool outside_service_tag = false;
  Stage stage = Stage::none;  // of a failure; none if reached
  Cause cause = Cause::none;
};

// What one rule is about.
struct AllowedGroup {
  std::string service;  // [a-z][a-z0-9_]*, at most 40 characters
  Function function = Function::none;
  Protocol protocol = Protocol::tcp;
  std::uint16_t port = 0;                        // 0 for protocols without ports only
  std::vector<AllowedDestination> destinations;  // by host
};

struct Allowlist {
  std::vector<AllowedGroup> groups;  // as the firewall page is sorted; then what the user defined; then other
  // How many destinations are not in it, and why:
  std::size_t unexpected = 0;
  std::size_t no_host_names = 0;  // the name, or that of the service, is none that may be written
  std::size_t summed_up = 0;      // the history kept neither host nor port of them
  std::size_t local = 0;          // on this host itself
};

// Letters, digits, hyphens and underscores in labels that neither begin nor end in a hyphen, the last one not of digits
// alone; lower case (RFC 1123 section 2.1, and the underscore that real names use as well).
bool is_host_name(std::string_view name);

// Instance metadata, WireServer and link-local addresses: they answer this host only, whatever a firewall or proxy on
// the way may say.
bool is_platform(const IpAddress& address);

Allowlist make_allowlist(const ExportInput& input);

}  // namespace egresswatch::cli
