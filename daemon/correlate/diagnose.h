// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "egresswatch/model/events.h"
#include "egresswatch/model/outcome.h"

namespace egresswatch::correlate {

// What the end of a connection means. `stage` is none for a connection that worked, and for one that was cancelled.
struct Diagnosis {
  Stage stage = Stage::none;
  Cause cause = Cause::none;
  [[nodiscard]] bool failed() const { return stage != Stage::none; }
  bool operator==(const Diagnosis&) const = default;
};

// Pure: only what the kernel showed. Where two causes look the same, the weaker statement is made: a SYN that nobody
// answered is `no_reply` or `abandoned`, whoever dropped it.
Diagnosis diagnose(const TcpClosed& closed);

// A connect() that never reached SYN_SENT.
Diagnosis diagnose(const ConnectFailed& failed);

}  // namespace egresswatch::correlate
