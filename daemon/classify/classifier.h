// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "egresswatch/model/catalog.h"
#include "egresswatch/model/ip_address.h"

namespace egresswatch::classify {

// What a destination is for, and the rule that says so. `rule` lives as long as the classifier.
struct Match {
  ServiceId service = kOtherService;
  Function function = Function::none;
  bool legacy = false;        // the endpoint is retired or superseded
  bool port_expected = true;  // false: the service is not offered on this port
  std::string_view rule;      // empty for other
};

// A host that the configuration or the catalog names in full, without a wildcard.
struct ConfiguredHost {
  ServiceId service = kOtherService;
  std::string_view host;  // lives as long as the classifier
  bool legacy = false;
};

// The catalog of one cloud and the user's additions, compiled for lookups. Immutable: a reload makes a new one.
// Lookups neither allocate nor fail, whatever bytes a name has.
class Classifier {
 public:
  static Result<Classifier> compile(const Catalog& catalog, const ClassifyOptions& options);

  Classifier(Classifier&&) noexcept;
  Classifier& operator=(Classifier&&) noexcept;
  ~Classifier();

  // By the name that was asked for, never by a CNAME target. The port does not decide the service, except for hosts
  // that serve other traffic too. Port 0 stands for a port that is not known, as in a DNS question.
  [[nodiscard]] Match by_name(std::string_view host, std::uint16_t port) const;

  // For destinations without a name. Here the port does decide: 168.63.129.16 is DNS on port 53 and WireServer on 80.
  [[nodiscard]] Match by_address(const IpAddress& address, std::uint16_t port) const;

  // The names of the services; the index is the ServiceId.
  [[nodiscard]] std::span<const std::string> services() const;
  [[nodiscard]] std::string_view service_name(ServiceId service) const;  // "other" if there is no such service

  // Sorted by service and host. CNAME targets are left out: nothing connects to them by that name.
  [[nodiscard]] std::span<const ConfiguredHost> configured_hosts() const;

 private:
  struct Compiled;
  explicit Classifier(std::unique_ptr<const Compiled> compiled);

  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace egresswatch::classify
