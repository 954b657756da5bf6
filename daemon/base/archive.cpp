// SPDX-License-Identifier: Apache-2.0
#include "base/archive.h"

#include <unistd.h>

#include <cerrno>

namespace egresswatch {

ArchiveWriter::ArchiveWriter(int fd) : fd_(fd) { pending_.reserve(kPiece); }

void ArchiveWriter::put_bytes(std::span<const std::byte> bytes) {
  if (pending_.size() + bytes.size() > kPiece) flush();
  pending_.insert(pending_.end(), bytes.begin(), bytes.end());
}

void ArchiveWriter::flush() {
  std::span<const std::byte> rest(pending_);
  while (!rest.empty() && error_ == 0) {
    const ssize_t written = ::write(fd_, rest.data(), rest.size());
    if (written >= 0)
      rest = rest.subspan(static_cast<std::size_t>(written));
    else if (errno != EINTR)
      error_ = errno;
  }
  pending_.clear();
}

Result<> ArchiveWriter::finish() {
  flush();
  if (error_ != 0) return Error::from_errno(error_, "writing");
  return {};
}

}  // namespace egresswatch
