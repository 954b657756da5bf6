// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "account/ledger.h"

// Look-ups in a snapshot. A missing row is 0, which for a counter says the same; rows are counted where it matters.
namespace egresswatch::account {

inline const Snapshot::Connections* find_connections(const Snapshot& snapshot, std::string_view service,
                                                     std::string_view host, std::string_view unit) {
  for (const auto& row : snapshot.connections)
    if (row.service == service && row.host == host && row.unit == unit) return &row;
  return nullptr;
}

inline std::uint64_t attempts(const Ledger& ledger, std::string_view service, std::string_view host,
                              std::string_view unit) {
  const Snapshot snapshot = ledger.snapshot();
  const auto* row = find_connections(snapshot, service, host, unit);
  return row ? row->attempts : 0;
}

inline std::uint64_t failures(const Ledger& ledger, std::string_view service, std::string_view host,
                              std::string_view unit, Stage stage, Cause cause) {
  for (const auto& row : ledger.snapshot().failures)
    if (row.service == service && row.host == host && row.unit == unit && row.stage == stage && row.cause == cause)
      return row.count;
  return 0;
}

inline const Snapshot::HostTraffic* find_traffic(const Snapshot& snapshot, std::string_view service,
                                                 std::string_view host) {
  for (const auto& row : snapshot.traffic)
    if (row.service == service && row.host == host) return &row;
  return nullptr;
}

inline std::uint64_t dns_answers(const Ledger& ledger, std::string_view service, std::string_view host,
                                 std::string_view rcode) {
  for (const auto& row : ledger.snapshot().dns_answers)
    if (row.service == service && row.host == host && row.rcode == rcode) return row.count;
  return 0;
}

inline std::uint64_t dns_failures(const Ledger& ledger, std::string_view service, std::string_view host,
                                  DnsCause cause) {
  for (const auto& row : ledger.snapshot().dns_failures)
    if (row.service == service && row.host == host && row.cause == cause) return row.count;
  return 0;
}

// Two services of the catalog, as the pipeline has them.
inline Ledger make_ledger(LedgerLimits limits = {}) {
  Ledger ledger(limits);
  ledger.add_service("key_vault");
  ledger.add_service("entra");
  return ledger;
}

}  // namespace egresswatch::account
