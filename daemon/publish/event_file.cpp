// SPDX-License-Identifier: Apache-2.0
#include "publish/event_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace egresswatch::publish {

Result<> EventFile::reopen() {
  flush();
  constexpr mode_t kMode = 0640;
  // a pipe or a device without a reader must not stop the daemon
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  UniqueFd file(::open(path_.c_str(), kFlags | O_CREAT | O_EXCL, kMode));
  if (file)
    ::fchmod(file.get(), kMode);  // the unit's umask is for secrets; this file is for whoever ships it
  else if (errno == EEXIST)
    file = UniqueFd(::open(path_.c_str(), kFlags));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) {
    trouble_ = Loss::not_writable;
    return Error::from_errno(errno, "events cannot be written to " + path_);
  }
  if (!S_ISREG(status.st_mode)) return Error{"events cannot be written to " + path_ + ": not a regular file", EINVAL};
  file_ = std::move(file);
  flush();
  return {};
}

void EventFile::write_line(std::string_view line) {
  if (pending_.size() + line.size() >= kMaxPending) {
    ++losses_[static_cast<std::size_t>(trouble_)];
    return;
  }
  const bool was_full = pending_.size() >= kFullBuffer;
  pending_ += line;
  pending_ += '\n';
  // what the disk did not take is tried again with the next flush() of the owner, not with every line
  if (!was_full && pending_.size() >= kFullBuffer) flush();
}

void EventFile::flush() {
  std::size_t done = 0;
  while (file_ && done < pending_.size()) {
    const ssize_t written = ::write(file_.get(), pending_.data() + done, pending_.size() - done);
    if (written > 0) {
      done += static_cast<std::size_t>(written);
    } else if (written < 0 && errno == EINTR) {
      continue;
    } else {
      const bool full = written == 0 || errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
      trouble_ = full ? Loss::disk_full : Loss::io_error;
      break;
    }
  }
  pending_.erase(0, done);
}

}  // namespace egresswatch::publish
