// SPDX-License-Identifier: Apache-2.0
#include "publish/line_output.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "publish/text.h"

namespace egresswatch::publish {
namespace {

// O_NONBLOCK belongs to the open file description, which the shell and other programs share: setting it on standard
// output would break them. Terminals and pipes can be opened once more instead.
UniqueFd reopen_non_blocking(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !(S_ISFIFO(status.st_mode) || ::isatty(fd) == 1)) return {};
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  return UniqueFd(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

}  // namespace

FdLineOutput::FdLineOutput(int fd, Notice notice) : fd_(fd), notice_(notice), own_(reopen_non_blocking(fd)) {
  if (own_) fd_ = own_.get();
}

void FdLineOutput::write_line(std::string_view line) {
  if (!pending_.empty()) flush();
  if (pending_.size() + line.size() >= kMaxPending) {
    ++left_out_;
    return;
  }
  announce_left_out();
  pending_ += line;
  pending_ += '\n';
  flush();
}

void FdLineOutput::flush() {
  std::size_t done = 0;
  while (done < pending_.size() && writable()) {
    // a pipe that poll() calls writable takes PIPE_BUF bytes without waiting
    const std::size_t size = std::min<std::size_t>(pending_.size() - done, PIPE_BUF);
    const ssize_t written = ::write(fd_, pending_.data() + done, size);
    if (written > 0) {
      done += static_cast<std::size_t>(written);
    } else if (written < 0 && errno == EINTR) {
      continue;
    } else {
      break;  // not now, or never again: the bound of pending_ holds either way
    }
  }
  pending_.erase(0, done);
}

bool FdLineOutput::writable() const {
  pollfd poll_fd{fd_, POLLOUT, 0};
  return ::poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLOUT) != 0;
}

void FdLineOutput::announce_left_out() {
  if (announced_ == left_out_) return;
  const bool json = notice_ == Notice::json;
  pending_ += json ? R"({"type":"left_out","lines":)" : "... ";
  append_number(pending_, left_out_ - announced_);
  pending_ += json ? "}\n" : " lines left out: the reader was too slow\n";
  announced_ = left_out_;
}

}  // namespace egresswatch::publish
