// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>

#include "base/result.h"

namespace egresswatch::app {

// What the process ends with; part of the interface that users and the systemd unit rely on.
enum class ExitCode : int {
  fine = 0,
  findings = 1,  // also: out of memory
  usage = 2,     // arguments, configuration, rights: do not restart
  daemon_unreachable = 3,
  kernel_unsuitable = 4,  // the kernel lacks what is needed: do not restart
};

// Of what the kernel refused, or another daemon has. Memory may be there at the next try.
inline ExitCode code_of_refusal(const Error& error) {
  if (error.code == EPERM || error.code == EBUSY) return ExitCode::usage;
  return error.code == ENOMEM ? ExitCode::findings : ExitCode::kernel_unsuitable;
}

// One sentence for the person who started the program, and the code for whatever started it.
struct Failure {
  ExitCode code = ExitCode::findings;
  Error error;
};

}  // namespace egresswatch::app
