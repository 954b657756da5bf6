// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "capture/core_object.h"
#include "capture/source.h"

namespace egresswatch::capture {

// Finds every TCP socket that is open now, in each network namespace that can be entered (which needs CAP_SYS_ADMIN;
// without it only the own one), leaves out listeners and what a listener accepted, makes the programs follow the others
// until they close, and delivers them as EGW_TCP_EXISTING. False if that was not all of them: the kernel cannot
// iterate, or a namespace could not be entered.
//
// An accepted socket is known by its local port, on which something listens in the same namespace: after a listener has
// closed, what it accepted before is taken for outbound.
bool deliver_existing_sockets(CoreObject& object, RecordHandler& handler);

}  // namespace egresswatch::capture
