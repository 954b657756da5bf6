// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace egresswatch::publish {

// Whether an Accept-Encoding field (RFC 9110 section 12.5.3) allows gzip: by name or by "*", with a weight above 0.
// What cannot be parsed allows nothing.
bool accepts_gzip(std::string_view accept_encoding);

// text as one gzip member (RFC 1952), at zlib's fastest level: the event loop waits for it.
Result<std::string> gzip(std::string_view text);

}  // namespace egresswatch::publish
