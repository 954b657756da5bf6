// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

// The file of the control socket, and who may use it. What the socket tells (names, processes, units of the whole host)
// is for administrators: root, the daemon's own user, and members of one group.
namespace egresswatch::publish {

// The group of this name; none if the host has none.
std::optional<gid_t> find_group(const char* name);

// A unix stream socket that listens at `path`: mode 0660 for the group, 0600 without one. The file of a daemon that is
// dead is replaced. Error::code is EADDRINUSE if a live one listens there, EEXIST if something else has the name.
Result<UniqueFd> open_control_socket(const std::string& path, std::optional<gid_t> group);

// Whether the process at the other end may ask: by its credentials when it connected (SO_PEERCRED), supplementary
// groups included (SO_PEERGROUPS).
bool peer_may_ask(int fd, std::optional<gid_t> group);

}  // namespace egresswatch::publish
