// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace egresswatch {

// A 64-bit hash of bytes, keyed with random numbers drawn when the program starts: names and addresses come from
// strangers, who could otherwise choose them so that they all fall into one bucket. Not a cryptographic hash; whatever
// must be equal is compared as well.
std::uint64_t keyed_hash(std::string_view bytes);

}  // namespace egresswatch
