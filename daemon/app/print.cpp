// SPDX-License-Identifier: Apache-2.0
#include "app/print.h"

#include <cerrno>
#include <cstdio>

namespace egresswatch::app {

std::optional<Failure> print(const std::string& text) {
  if (std::fputs(text.c_str(), stdout) == EOF || std::fflush(stdout) != 0)
    return Failure{ExitCode::findings, Error::from_errno(errno, "writing to standard output")};
  return std::nullopt;
}

}  // namespace egresswatch::app
