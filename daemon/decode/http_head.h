// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "egresswatch/model/wire.h"

namespace egresswatch::decode {

// Where the host is kept, in lower case.
struct HttpText {
  std::array<char, 256> bytes;
};

// Reads the beginning of an HTTP/1.x request (RFC 9112 sections 3 and 5). True if its request line is there in whole
// and sound, else `out` is as new. `out` is a view into `text` only.
//
// The host is that of the target, if the target is in absolute or CONNECT form (then a Host field is ignored, as a
// proxy does, section 3.2.2), else that of the first Host field whose line ended within `sent`. A host is a name that
// to_host_name() takes or an IPv6 address in brackets. Where there is userinfo, a bad port or anything else, no host is
// said: a request is never taken to be for a host that its receiver may read otherwise. For the same reason a Host
// field that goes on in a second line (obsolete folding, section 5.2) says none.
bool parse_http_request(std::span<const std::byte> sent, HttpText& text, HttpRequest& out);

}  // namespace egresswatch::decode
