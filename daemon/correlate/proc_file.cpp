// SPDX-License-Identifier: Apache-2.0
#include "correlate/proc_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/unique_fd.h"

namespace egresswatch::correlate {

bool read_proc_file(const std::string& path, std::size_t limit, std::string& text) {
  constexpr std::size_t kStep = 4096;
  text.clear();
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return false;
  while (text.size() < limit) {
    const std::size_t used = text.size();
    const std::size_t room = std::min(kStep, limit - used);
    text.resize(used + room);
    const ssize_t count = ::read(file.get(), text.data() + used, room);
    text.resize(used + (count > 0 ? static_cast<std::size_t>(count) : 0));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) text.clear();
    if (count <= 0) return count == 0;
  }
  return true;
}

}  // namespace egresswatch::correlate
