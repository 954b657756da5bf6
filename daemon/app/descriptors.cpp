// SPDX-License-Identifier: Apache-2.0
#include "app/descriptors.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace egresswatch::app {

void fill_standard_descriptors() {
  // the lowest free number is taken: those below are open by now
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(fd, F_GETFD) == -1 && errno == EBADF)
      static_cast<void>(::open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY));
}

Result<> raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return Error::from_errno(errno, "asking for the limit of open files");
  if (limit.rlim_max < kNeededDescriptors)
    return Error{"at most " + std::to_string(limit.rlim_max) + " files may be open, and egresswatch needs " +
                     std::to_string(kNeededDescriptors) + ": raise the limit (LimitNOFILE= of the unit, ulimit -Hn)",
                 EMFILE};
  if (limit.rlim_cur == limit.rlim_max) return {};
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return Error::from_errno(errno, "raising the limit of open files");
  return {};
}

}  // namespace egresswatch::app
