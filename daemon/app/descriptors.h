// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"

// File descriptors, before anything else opens one.
namespace egresswatch::app {

// What run and record need at once, with room: programs, maps, links, clients, files.
inline constexpr unsigned long kNeededDescriptors = 256;

// Whoever was started with standard input, output or error closed gets /dev/null there: otherwise what is opened next,
// a socket or the history, would have that number, and what is printed would go into it.
void fill_standard_descriptors();

// Raises the soft limit to the hard one. An error, which says what to change, if that is less than kNeededDescriptors.
Result<> raise_descriptor_limit();

}  // namespace egresswatch::app
