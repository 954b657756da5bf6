// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"

// The commands that ask a running daemon. Each gives the text to print; an error is one sentence, and means that the
// daemon cannot be asked, or, with code EINVAL, that it was asked wrongly.
namespace egresswatch::cli {

struct AskOptions {
  std::string socket;
  bool json = false;    // as the daemon said it, in place of text for people
  bool colour = false;  // of text
};

struct Explanation {
  std::string text;
  bool seen = true;  // false: nothing is known of the target
};

Result<std::string> status(const AskOptions& options);
Result<Explanation> explain(const AskOptions& options, const std::string& target);

}  // namespace egresswatch::cli
