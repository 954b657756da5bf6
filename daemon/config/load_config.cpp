// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "base/unique_fd.h"
#include "config/config.h"
#include "config/yaml_tree.h"

namespace egresswatch::config {
namespace {

Result<std::string> read_file(const std::string& path) {
  // O_NONBLOCK: a FIFO in the place of the file must not hang the start
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return Error::from_errno(errno, "cannot be opened");
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return Error::from_errno(errno, "cannot be read");
  if (!S_ISREG(status.st_mode)) return Error{"is not a regular file"};

  // one byte more than is accepted, so that a file that grows meanwhile is seen to be too large
  std::string text(kMaxFileBytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t n = ::read(fd.get(), text.data() + size, text.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Error::from_errno(errno, "cannot be read");
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  text.resize(size);
  // named, because an Error could be made of a string too
  return {boost::system::in_place_value, std::move(text)};
}

}  // namespace

Result<Config> load_config(const std::string& path) {
  auto text = read_file(path);
  if (!text) return std::move(text).error().in(path);
  return parse_config(*text, path);
}

}  // namespace egresswatch::config
