// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "egresswatch/model/policy.h"

namespace egresswatch::config {

inline constexpr std::size_t kMaxPolicySections = 4096;
inline constexpr std::size_t kMaxPolicyRules = 4096;  // of one section

// What the names in a policy stand for.
struct PolicyNames {
  std::span<const std::string> services;  // the index is the ServiceId; the first is `other`, which cannot be allowed
  std::function<std::optional<std::uint32_t>(const std::string& user)> uid_of;
  std::span<const IpAddress> resolvers = {};  // the name servers that this host asks
};

// The uid of a user of this host, by getpwnam(3); none if there is no such user.
std::optional<std::uint32_t> uid_of_user(const std::string& name);

// Every problem of the text, one line each, as parse_config() has them. docs/policy.md explains the keys.
Result<PolicyOptions> parse_policy(std::string_view text, std::string_view file_name, const PolicyNames& names);

// As above, from a regular file of at most 1 MiB.
Result<PolicyOptions> load_policy(const std::string& path, const PolicyNames& names);

}  // namespace egresswatch::config
