// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/allowlist.h"
#include "cli/export.h"

// Sentences that stand in exported files as comments or descriptions. One line each, of printable ASCII.
namespace egresswatch::cli {

// Of which host, and of which time: "web-01 (cloud public), as seen from 2026-11-18T00:00:00Z to 2026-11-25T09:30:00Z".
std::string origin(const ExportInput& input);

// Which destinations are not in the allowlist, whatever the format: "not expected, see `egresswatch report`: 3".
std::vector<std::string> left_out(const Allowlist& list);

// "authentication: entra, tcp 443"; "other, icmp".
std::string title(const AllowedGroup& group);

// The host, or its addresses where none is known: at most three.
std::string label(const AllowedDestination& destination);

// "login.live.com, for orders.service and 2 more; never got through: connect/no_reply".
std::string remark(const AllowedDestination& destination);

}  // namespace egresswatch::cli
