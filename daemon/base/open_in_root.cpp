// SPDX-License-Identifier: Apache-2.0
#include "base/open_in_root.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace egresswatch {

UniqueFd open_process_root(const std::string& proc_root, const std::string& pid) {
  return UniqueFd(::open((proc_root + "/" + pid + "/root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

UniqueFd open_file_in_root(const UniqueFd& root, const char* path, struct stat& status) {
  open_how how{};
  // a FIFO would be waited for, a terminal could become ours
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_IN_ROOT;
  UniqueFd file(static_cast<int>(::syscall(SYS_openat2, root.get(), path, &how, sizeof how)));
  if (!file) return file;
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    file.reset();
    errno = EINVAL;
  }
  return file;
}

}  // namespace egresswatch
