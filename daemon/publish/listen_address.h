// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"
#include "egresswatch/model/ip_address.h"

namespace egresswatch::publish {

// HOST:PORT as --web.listen-address takes it: 127.0.0.1:10180, [::1]:10180, localhost:10180 (127.0.0.1), or :10180 for
// every address of the host, IPv4 and IPv6 (that is [::]). Names are not resolved. Port 0 lets the kernel choose.
Result<Endpoint> parse_listen_address(std::string_view text);

}  // namespace egresswatch::publish
