// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "capture/source.h"

namespace egresswatch::capture {

// Delivers the outbound TCP sockets that the programs follow, in every network namespace, as EGW_TCP_EXISTING without
// inode and local address. They forget a socket when it closes, whether or not the record of that got through: after a
// loss this tells what is open. Needs no capability, unlike iter/tcp. False if the table could not be read to its end.
bool deliver_followed_sockets(int sockets_fd, RecordHandler& handler);

}  // namespace egresswatch::capture
