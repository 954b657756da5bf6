// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "egresswatch/model/host_pattern.h"
#include "egresswatch/model/ip_prefix.h"
#include "egresswatch/model/service.h"

// What Microsoft publishes about addresses, read from files that the user downloads: a second opinion beside the DNS.
namespace egresswatch {

// A tag of a Service Tags file that belongs to a service of the catalog, such as AzureKeyVault.WestEurope; or the
// addresses of a record of the Microsoft 365 feed, as Microsoft365.56.
struct ServiceTag {
  std::string name;
  ServiceId service = kOtherService;
  std::vector<IpPrefix> prefixes;
  bool partial = false;  // the service has other addresses too, by design: to be outside means nothing
  bool operator==(const ServiceTag&) const = default;
};

// A host that the Microsoft 365 feed lists for Entra.
struct FeedHost {
  HostPattern pattern;
  bool untagged = false;  // its record lists no addresses: the host may be anywhere
  bool operator==(const FeedHost&) const = default;
};

// What was read of all the files.
struct ServiceTags {
  std::vector<ServiceTag> tags;
  std::vector<FeedHost> entra_hosts;
  bool operator==(const ServiceTags&) const = default;
};

}  // namespace egresswatch
