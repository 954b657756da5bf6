// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "check/result.h"

namespace egresswatch::check {

// What was seen and what to do about it, for a result that is not ok. Printable ASCII, without final stop. Says no more
// than the sockets showed.
std::string advice(const EndpointResult& result);

// The same for what is worth knowing although the endpoint can be reached: one address family that does not work, a
// public answer despite private link, a name from /etc/hosts; empty if there is nothing.
std::string note(const EndpointResult& result);

}  // namespace egresswatch::check
