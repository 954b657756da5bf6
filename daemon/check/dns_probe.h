// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "check/result.h"

// Where a name leads, and if nowhere, why. getaddrinfo() is what applications use, but it hides the answer behind
// EAI_NONAME and EAI_AGAIN; so the configured resolvers are asked directly, one A and one AAAA question.
namespace egresswatch::check {

// The `nameserver` lines of a resolv.conf(5), the first three, which is what the C library reads; 127.0.0.1 without
// any.
std::vector<Endpoint> parse_resolvers(std::string_view resolv_conf);

// The addresses that a hosts(5) text gives a name.
std::vector<IpAddress> parse_hosts(std::string_view hosts, std::string_view name);

struct Names {
  std::vector<Endpoint> resolvers;
  std::string hosts;  // the text of /etc/hosts
};

// From /etc/resolv.conf and /etc/hosts, each read once and bounded.
Names system_names();

// An address literal is its own answer; then /etc/hosts; then the resolvers in turn, over UDP and, for a truncated
// answer, TCP. As the C library does, SERVFAIL and REFUSED of one resolver lead to the next.
DnsResult probe_dns(const Names& names, const std::string& host, std::uint64_t timeout_ns);

}  // namespace egresswatch::check
