// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/report.h"

namespace egresswatch::cli {

inline constexpr std::uint64_t kSecondNs = 1'000'000'000;
inline constexpr std::uint64_t kFirst = 1'790'000'000 * kSecondNs;  // 2026-09-21 14:13:20 UTC
inline constexpr std::uint64_t kLast = kFirst + 60 * kSecondNs;

inline Observation seen(const std::string& service, Function function, const std::string& host, std::uint64_t attempts,
                        const std::string& unit = "sync.service") {
  Observation result;
  result.service = service;
  result.function = function;
  result.host = host;
  result.port = 443;
  result.unit = unit;
  result.attempts = attempts;
  result.established = attempts;
  result.first_seen_ns = kFirst;
  result.last_seen_ns = kLast;
  return result;
}

inline Observation failing(Observation observation, std::uint64_t failed, Stage stage, Cause cause) {
  observation.failed = failed;
  observation.established -= failed;
  observation.last_stage = stage;
  observation.last_cause = cause;
  return observation;
}

// One of each kind.
inline std::vector<Observation> observations() {
  std::vector<Observation> all;
  all.push_back(seen("key_vault", Function::vault_operations, "a.vault.azure.net", 10));
  all.push_back(seen("key_vault", Function::vault_operations, "a.vault.azure.net", 5, "batch.service"));
  all.push_back(failing(seen("key_vault", Function::vault_operations, "b.vault.azure.net", 2), 2, Stage::connect,
                        Cause::no_reply));
  all.push_back(failing(seen("entra", Function::authentication, "login.microsoftonline.com", 4), 1, Stage::tls,
                        Cause::reset_after_hello));
  all.push_back(seen("imds", Function::platform, "169.254.169.254", 3));
  all.back().port = 80;
  all.push_back(seen("app_config", Function::none, "x.azconfig.example", 1));
  all.push_back(seen("other", Function::none, "", 7, "updater.service"));
  all.back().unexpected = Unexpected::no_name;
  all.push_back(seen("other", Function::none, "time.example", 1, "chronyd.service"));
  all.back().protocol = Protocol::udp;
  all.back().port = 123;
  all.back().established = 0;
  all.back().unexpected = Unexpected::not_in_policy;
  all.push_back(seen("key_vault", Function::vault_operations, "a.vault.azure.net", 1, "odd.service"));
  all.back().unexpected = Unexpected::wrong_port;
  return all;
}

inline std::vector<ObservedAddress> addresses() {
  return {{"other", "", IpAddress::v4(203, 0, 113, 9), kLast},
          {"other", "", IpAddress::v4(203, 0, 113, 8), kFirst},
          {"key_vault", "a.vault.azure.net", IpAddress::v4(20, 1, 2, 3), kLast}};
}

inline Report sample_report() {
  return make_report({.machine = "host-1", .made_ns = kLast + kSecondNs, .since_ns = kFirst - 800 * kSecondNs},
                     observations(), addresses());
}

}  // namespace egresswatch::cli
