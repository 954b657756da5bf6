// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"

namespace egresswatch::app {

// What the process ends with; part of the interface that users and the systemd unit rely on.
enum class ExitCode : int {
  fine = 0,
  findings = 1,
  usage = 2,  // arguments, configuration, rights: do not restart
  daemon_unreachable = 3,
  kernel_unsuitable = 4,  // the kernel lacks what is needed: do not restart
};

// One sentence for the person who started the program, and the code for whatever started it.
struct Failure {
  ExitCode code = ExitCode::findings;
  Error error;
};

}  // namespace egresswatch::app
