// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "egresswatch/model/dns_message.h"
#include "egresswatch/model/ip_address.h"

namespace egresswatch::check {

// A query with recursion desired for class IN (RFC 1035 section 4.1). `host` is a valid host name.
std::vector<std::byte> dns_query(std::string_view host, std::uint16_t type, std::uint16_t id);

// Asks one resolver once: UDP, and TCP if the answer is truncated. Messages that do not answer the question are
// ignored. False if no answer came by the deadline, or the resolver's host refused.
bool ask(const Endpoint& resolver, std::string_view host, std::uint16_t type, std::uint64_t deadline_ns,
         DnsMessage& answer);

}  // namespace egresswatch::check
