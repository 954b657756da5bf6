// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "classify/tag_table.h"
#include "egresswatch/model/catalog.h"
#include "egresswatch/model/ip_address.h"
#include "egresswatch/model/service_tags.h"

namespace egresswatch::classify {

// What a destination is for, and the rule that says so. `rule` lives as long as the classifier.
struct Match {
  ServiceId service = kOtherService;
  Function function = Function::none;
  bool legacy = false;        // the endpoint is retired or superseded
  bool port_expected = true;  // false: the service is not offered on this port
  std::string_view rule;      // empty for other
  bool untagged = false;      // the service's tags say nothing of this host
};

// A host that the configuration or the catalog names in full, without a wildcard.
struct ConfiguredHost {
  ServiceId service = kOtherService;
  std::string_view host;  // lives as long as the classifier
  bool legacy = false;
};

// What the configuration says of the address of a vault.
enum class EndpointDemand : std::uint8_t { none, private_endpoint, public_endpoint };

// The catalog of one cloud, the user's additions and the service tags, compiled for lookups. Immutable: a reload makes
// a new one. Lookups neither allocate nor fail, whatever bytes a name has.
class Classifier {
 public:
  static Result<Classifier> compile(const Catalog& catalog, const ClassifyOptions& options,
                                    const ServiceTags& tags = {});

  Classifier(Classifier&&) noexcept;
  Classifier& operator=(Classifier&&) noexcept;
  ~Classifier();

  // By the name that was asked for, never by a CNAME target. The port does not decide the service, except for hosts
  // that serve other traffic too. Port 0 stands for a port that is not known, as in a DNS question.
  [[nodiscard]] Match by_name(std::string_view host, std::uint16_t port) const;

  // For destinations without a name. Here the port does decide: 168.63.129.16 is DNS on port 53 and WireServer on 80.
  [[nodiscard]] Match by_address(const IpAddress& address, std::uint16_t port) const;

  // For a name that is `other`: the cloud, of those this host does not use, that has it as an endpoint.
  [[nodiscard]] std::optional<Cloud> other_cloud(std::string_view host) const;

  // Which kind of address a vault must have.
  [[nodiscard]] EndpointDemand endpoint_demand(std::string_view host) const;

  // What Microsoft's service tags say of an address: a second opinion, for destinations that have no name and that no
  // rule knows. The service is other, and the tag empty, for an address outside.
  [[nodiscard]] TagMatch by_service_tag(const IpAddress& address) const;

  // Whether the address that a host was reached at, directly and not through a proxy, is none that its service has:
  // worth a look, never a failure, since published lists are late and not complete. `match` is that of by_name(). False
  // where nothing can be said: no tag of the service was loaded, the host is in no tag by nature, or the address is one
  // of a private endpoint or of this host.
  [[nodiscard]] bool outside_service_tag(const Match& match, const IpAddress& address) const;

  // The host that does today what a legacy rule stands for; empty if the catalog knows none. For messages: it allocates
  // nothing, but searches a tree.
  [[nodiscard]] std::string_view replacement_of(std::string_view rule) const;

  // The names of the services; the index is the ServiceId.
  [[nodiscard]] std::span<const std::string> services() const;
  [[nodiscard]] std::string_view service_name(ServiceId service) const;  // "other" if there is no such service

  // Sorted by service and host. CNAME targets are left out, since nothing connects to them by that name, and so are the
  // hosts of the Microsoft 365 feed, most of which a host that uses vaults never meets.
  [[nodiscard]] std::span<const ConfiguredHost> configured_hosts() const;

 private:
  struct Compiled;
  explicit Classifier(std::unique_ptr<const Compiled> compiled);

  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace egresswatch::classify
