// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace egresswatch::app {

// Whether standard output is to be coloured: on a terminal, unless NO_COLOR is set and not empty
// (https://no-color.org).
bool colour_wanted();

}  // namespace egresswatch::app
