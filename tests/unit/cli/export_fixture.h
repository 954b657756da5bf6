// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "cli/export.h"

namespace egresswatch::test {

inline constexpr std::uint64_t kExportBegin = 1'795'046'400'000'000'000;  // 2026-11-19T00:00:00Z
inline constexpr std::uint64_t kExportEnd = kExportBegin + 6 * 86'400'000'000'000ULL;

// An observation of TCP port 443 that got through; `change` is for what differs.
template <typename Change>
Observation observed(std::string service, Function function, std::string host, std::string unit, Change change) {
  Observation observation;
  observation.service = std::move(service);
  observation.function = function;
  observation.host = std::move(host);
  observation.port = 443;
  observation.unit = std::move(unit);
  observation.attempts = 10;
  observation.established = 10;
  observation.first_seen_ns = kExportBegin;
  observation.last_seen_ns = kExportEnd;
  change(observation);
  return observation;
}
inline Observation observed(std::string service, Function function, std::string host, std::string unit) {
  return observed(std::move(service), function, std::move(host), std::move(unit), [](Observation&) {});
}

inline ObservedAddress at(std::string service, std::string host, std::string_view address) {
  return {std::move(service), std::move(host), *IpAddress::parse(address), kExportEnd};
}

inline ServiceTag tag(std::string name, BuiltinService service, std::initializer_list<std::string_view> prefixes) {
  ServiceTag made;
  made.name = std::move(name);
  made.service = id_of(service);
  for (const std::string_view prefix : prefixes) made.prefixes.push_back(*IpPrefix::parse(prefix));
  return made;
}

// A host with a bit of everything: each service of the firewall page, two units, a private endpoint, what never got
// through, what has no name, other protocols, what was not expected and what no file may contain.
inline cli::ExportInput export_sample() {
  cli::ExportInput input;
  input.host_name = "web-01";
  input.begin_ns = kExportBegin;
  input.end_ns = kExportEnd;
  const auto never = [](Observation& observation) {
    observation.established = 0;
    observation.failed = observation.attempts;
    observation.last_stage = Stage::connect;
    observation.last_cause = Cause::no_reply;
  };
  input.observations = {
      observed("key_vault", Function::vault_operations, "fabrikam.vault.azure.net", "orders.service"),
      observed("key_vault", Function::vault_operations, "fabrikam.vault.azure.net", "billing.service"),
      observed("key_vault", Function::vault_operations, "contoso-prod.vault.azure.net", "billing.service"),
      observed("key_vault", Function::vault_operations, "", "agent.service"),
      observed("managed_hsm", Function::vault_operations, "contoso.managedhsm.azure.net", "orders.service", never),
      observed("entra", Function::authentication, "login.microsoftonline.com", "orders.service"),
      observed("entra", Function::authentication, "adfs.contoso.com", "orders.service",
               [](Observation& observation) { observation.unexpected = Unexpected::outside_service_tag; }),
      observed("arm", Function::management, "management.azure.com", "deploy.service"),
      observed("graph", Function::graph, "graph.microsoft.com", "deploy.service", never),
      observed("revocation", Function::revocation, "crl3.digicert.com", "updater.service",
               [](Observation& observation) { observation.port = 80; }),
      observed("imds", Function::platform, "", "orders.service",
               [](Observation& observation) { observation.port = 80; }),
      observed("wireserver", Function::platform, "", "walinuxagent.service",
               [](Observation& observation) { observation.port = 80; }),
      observed("shop", Function::none, "shop.contoso.com", "orders.service"),
      observed("shop", Function::none, "shop.contoso.com", "orders.service",
               [](Observation& observation) { observation.port = 8443; }),
      observed("other", Function::none, "ntp.example.net", "chrony.service",
               [](Observation& observation) {
                 observation.protocol = Protocol::udp;
                 observation.port = 123;
                 observation.established = 0;
               }),
      observed("other", Function::none, "", "monitor.service",
               [](Observation& observation) {
                 observation.protocol = Protocol::icmp;
                 observation.port = 0;
                 observation.established = 0;
               }),
      observed("other", Function::none, "unresolved.example.net", "cron.service", never),
      observed("other", Function::none, "evil.example.net", "cron.service",
               [](Observation& observation) { observation.unexpected = Unexpected::not_in_policy; }),
      observed("other", Function::none, "a\"; flush ruleset; #.example.net", "x\n[concat('y')]\\"),
      observed("other", Function::none, "", "crowd.service", [](Observation& observation) { observation.port = 0; }),
  };
  input.addresses = {
      at("key_vault", "fabrikam.vault.azure.net", "203.0.113.10"),
      at("key_vault", "fabrikam.vault.azure.net", "203.0.113.11"),
      at("key_vault", "contoso-prod.vault.azure.net", "10.1.2.3"),
      at("key_vault", "", "203.0.113.14"),
      at("managed_hsm", "contoso.managedhsm.azure.net", "203.0.113.90"),
      at("entra", "login.microsoftonline.com", "198.51.100.1"),
      at("entra", "login.microsoftonline.com", "2001:db8:aad::1"),
      at("entra", "adfs.contoso.com", "192.0.2.40"),
      at("arm", "management.azure.com", "198.51.100.20"),
      at("graph", "graph.microsoft.com", "198.51.100.30"),
      at("revocation", "crl3.digicert.com", "198.51.100.41"),
      at("imds", "", "169.254.169.254"),
      at("wireserver", "", "168.63.129.16"),
      at("shop", "shop.contoso.com", "192.0.2.80"),
      at("other", "ntp.example.net", "192.0.2.123"),
      at("other", "", "192.0.2.200"),
  };
  return input;
}

// The same host, for which service tags were loaded.
inline cli::ExportInput export_sample_with_tags() {
  cli::ExportInput input = export_sample();
  input.tags.tags = {tag("AzureKeyVault", BuiltinService::key_vault, {"203.0.113.8/29", "2001:db8:4b56::/120"}),
                     tag("AzureKeyVault.WestEurope", BuiltinService::key_vault, {"203.0.113.8/30"}),
                     tag("AzureActiveDirectory", BuiltinService::entra, {"198.51.100.0/29", "2001:db8:aad::/64"})};
  return input;
}

}  // namespace egresswatch::test
