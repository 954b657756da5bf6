// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "check/result.h"

// What an error of a socket means, in the terms of the metrics. Pure functions.
namespace egresswatch::check {

// A connect() that failed. `at_once`: the call itself returned the error, so no packet of the peer or of a router can
// be behind it. An ICMP error, where the error queue has one, tells more than the errno that it became.
Failure connect_failure(int error, bool at_once, const IcmpError& icmp);

// A handshake that the transport ended. `hello_acked`: the peer's kernel acknowledged all that was sent (TCP_INFO).
enum class TransportEnd { reset, closed, silence };
Failure tls_failure(TransportEnd end, bool hello_acked);

// The answer to CONNECT; none for a tunnel (any 2xx, RFC 9110 section 9.3.6).
Failure proxy_failure(unsigned status);

// The answer to GET. Over TLS every status shows that the endpoint is reachable.
Failure http_failure(unsigned status, const Target& target);

// Of several addresses that failed, the one to report: that which got furthest, else the first.
const AddressResult* most_telling(const std::vector<AddressResult>& addresses);

}  // namespace egresswatch::check
