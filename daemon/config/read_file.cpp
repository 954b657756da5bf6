// SPDX-License-Identifier: Apache-2.0
#include "config/read_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <span>
#include <utility>

#include "base/unique_fd.h"

namespace egresswatch::config {
namespace {

constexpr std::size_t kPiece = 64 * 1024;

Result<UniqueFd> open_regular(const std::string& path, struct stat& status) {
  // O_NONBLOCK: a FIFO in the place of the file must not hang the start
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return Error::from_errno(errno, "cannot be opened");
  if (::fstat(fd.get(), &status) != 0) return Error::from_errno(errno, "cannot be read");
  if (!S_ISREG(status.st_mode)) return Error{"is not a regular file"};
  return fd;
}

// How much of the buffer was filled; less than all of it only at the end of the file.
Result<std::size_t> fill(const UniqueFd& fd, std::span<char> buffer) {
  std::size_t size = 0;
  while (size < buffer.size()) {
    const ssize_t n = ::read(fd.get(), buffer.data() + size, buffer.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Error::from_errno(errno, "cannot be read");
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  return size;
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
  struct stat status {};
  const auto fd = open_regular(path, status);
  if (!fd) return fd.error();
  // one byte more than is accepted, so that a file that grows meanwhile is seen to be too large
  std::string text(max_bytes + 1, '\0');
  const auto size = fill(*fd, text);
  if (!size) return size.error();
  text.resize(*size);
  // named, because an Error could be made of a string too
  return {boost::system::in_place_value, std::move(text)};
}

Result<> read_pieces(const std::string& path, std::size_t max_bytes,
                     const std::function<Result<>(std::string_view)>& take) {
  const auto too_large = [&] { return Error{path + ": is larger than " + std::to_string(max_bytes) + " bytes"}; };
  struct stat status {};
  auto fd = open_regular(path, status);
  if (!fd) return std::move(fd).error().in(path);
  if (std::cmp_greater(status.st_size, max_bytes)) return too_large();
  std::string buffer(kPiece, '\0');
  for (std::size_t total = 0;;) {
    auto size = fill(*fd, buffer);
    if (!size) return std::move(size).error().in(path);
    total += *size;
    if (total > max_bytes) return too_large();  // it grew meanwhile
    if (auto taken = take(std::string_view(buffer).substr(0, *size)); !taken) return taken;
    if (*size < buffer.size()) return {};
  }
}

}  // namespace egresswatch::config
