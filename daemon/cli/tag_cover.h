// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "egresswatch/model/ip_address.h"
#include "egresswatch/model/ip_prefix.h"
#include "egresswatch/model/service.h"
#include "egresswatch/model/service_tags.h"

namespace egresswatch::cli {

// The service tag whose addresses are those of a service, the same in every cloud: AzureKeyVault, AzureActiveDirectory,
// AzureResourceManager. Empty for all other services: Managed HSM, Graph and revocation hosts have none.
std::string_view service_tag(std::string_view service);

// The addresses of services, as far as service tags were loaded.
class TagCover {
 public:
  explicit TagCover(const ServiceTags& tags);

  // Sorted, none within another; empty = nothing is known of the service.
  [[nodiscard]] std::span<const IpPrefix> prefixes(std::string_view service) const;
  [[nodiscard]] bool contains(std::string_view service, const IpAddress& address) const;
  // Whether the tag stands for this address, as far as anybody knows: without its prefixes every public address does.
  [[nodiscard]] bool may_contain(std::string_view service, const IpAddress& address) const {
    return !address.is_private() && (prefixes(service).empty() || contains(service, address));
  }

 private:
  std::array<std::vector<IpPrefix>, kServiceNames.size()> prefixes_;  // by ServiceId
};

// Sorted, without those that lie within another.
std::vector<IpPrefix> without_contained(std::vector<IpPrefix> prefixes);

}  // namespace egresswatch::cli
