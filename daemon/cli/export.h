// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "egresswatch/model/observation.h"
#include "egresswatch/model/service.h"
#include "egresswatch/model/service_tags.h"

// The allowlist that this host needs, in the formats of firewalls: written, never applied. What is in it was seen, and
// expected; nothing is made up. Names and units are bytes that somebody else chose: a name that is no host name is left
// out and counted, everything else that is quoted stands escaped in comments.
namespace egresswatch::cli {

struct ExportInput {
  std::vector<Observation> observations;
  std::vector<ObservedAddress> addresses;
  ServiceTags tags;  // of the cloud; may be empty
  Cloud cloud = Cloud::public_cloud;
  std::string host_name;       // of this machine
  std::uint64_t begin_ns = 0;  // CLOCK_REALTIME: what was seen from here
  std::uint64_t end_ns = 0;    // to here
};

// Each is the whole text of a file; empty if nothing was seen that could be allowed.

// A file for nft(8): sets of addresses and an output chain. Needs nftables 1.0.
std::string export_nftables(const ExportInput& input);

// Directives for squid.conf, of squid 5 and later.
std::string export_squid(const ExportInput& input);

// An ARM template with one Microsoft.Network/firewallPolicies/ruleCollectionGroups of an existing firewall policy.
std::string export_azure_firewall(const ExportInput& input);

// An ARM template with Microsoft.Network/networkSecurityGroups/securityRules of an existing network security group.
std::string export_nsg(const ExportInput& input);

}  // namespace egresswatch::cli
