// SPDX-License-Identifier: Apache-2.0
#include "app/terminal.h"

#include <unistd.h>

#include <cstdlib>

namespace egresswatch::app {

bool colour_wanted() {
  const char* no_colour = std::getenv("NO_COLOR");
  return ::isatty(STDOUT_FILENO) == 1 && (!no_colour || *no_colour == '\0');
}

}  // namespace egresswatch::app
