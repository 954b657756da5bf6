// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace egresswatch::capture {

// A GNU C library of 64-bit processes, open so that nobody can put another file in its place.
struct CLibrary {
  UniqueFd file;
  std::string path;  // in the root of a process that uses it
};

struct CLibraries {
  std::vector<CLibrary> found;
  std::size_t over_limit = 0;            // libraries beyond the limit
  std::size_t unreadable_processes = 0;  // other users', without CAP_SYS_PTRACE; or more to read than is read
};

// The C libraries that processes run with now, in containers too: what /proc/<pid>/maps shows, opened in the root of
// that process; this process's own comes first. Processes of one program in one root are taken to use the same library,
// so that a thousand of them are read once. A library that was deleted after its processes began (an upgrade) cannot be
// opened any more and is left out.
//
// One file may be found under two inode numbers: overlay file systems give it one for each container.
CLibraries find_c_libraries(const std::string& proc_root, std::size_t limit);

}  // namespace egresswatch::capture
