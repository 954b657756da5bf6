// SPDX-License-Identifier: Apache-2.0
// parse_policy on any bytes.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "config/policy_file.h"
#include "fuzz/require.h"

using namespace egresswatch;

namespace {

const std::array<std::string, 3> kServices{"other", "key_vault", "entra"};

void check(const std::vector<PolicyRule>& rules) {
  for (const PolicyRule& rule : rules) {
    require(rule.line > 0, "a rule has a line");
    for (const ServiceId service : rule.services)
      require(service > 0 && service < kServices.size(), "a service is known");
    for (const std::uint16_t port : rule.ports) require(port > 0, "a port is one");
    for (const HostPattern& host : rule.hosts)
      require(HostPattern::parse(host.to_string()) == host, "a pattern reads as it is written");
    for (const IpPrefix& prefix : rule.addresses)
      require(IpPrefix::parse(prefix.to_string()) == prefix, "a prefix reads as it is written");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const config::PolicyNames names{.services = kServices, .uid_of = [](const std::string& user) {
                                    return user == "root" ? std::optional<std::uint32_t>(0) : std::nullopt;
                                  }};
  const auto policy = config::parse_policy({reinterpret_cast<const char*>(data), size}, "policy.yaml", names);
  if (!policy) {
    require(policy.error().message.starts_with("policy.yaml:"), "an error tells the file");
    return 0;
  }
  check(policy->allow);
  for (const PolicySection& section : policy->sections) {
    require(section.line > 0, "a section has a line");
    check(section.allow);
  }
  return 0;
}
