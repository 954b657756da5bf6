// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <string>

#include "base/unique_fd.h"

namespace egresswatch {

// The directory that a process has as its root, from <proc_root>/<pid>/root, to look up paths below it. None if the
// process is gone, or is another user's and CAP_SYS_PTRACE is missing.
UniqueFd open_process_root(const std::string& proc_root, const std::string& pid);

// Opens a regular file for reading as a process with this root would find it: symbolic links and ".." do not lead out
// of it (openat2(2), Linux 5.6). What lies there is a stranger's choice, so nothing but a regular file is opened, and
// opening never waits. `status` is that of the open file.
UniqueFd open_file_in_root(const UniqueFd& root, const char* path, struct stat& status);

}  // namespace egresswatch
