// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "capture/source.h"

namespace egresswatch::capture {

// Takes every sum out of the map of datagram flows and delivers those that are not zero as EGW_FLOW. A datagram
// that is being counted in the very moment in which its entry is taken out may be missed; its flow is told anew by the
// next.
void deliver_flow_sums(int flows_fd, RecordHandler& handler);

// Likewise of the map of connections whose attempts were lost.
void deliver_lost_attempts(int lost_attempts_fd, RecordHandler& handler);

}  // namespace egresswatch::capture
