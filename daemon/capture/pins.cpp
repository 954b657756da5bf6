// SPDX-License-Identifier: Apache-2.0
#include "capture/pins.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

namespace egresswatch::capture {
namespace {

namespace fs = std::filesystem;

// What is in a directory; nothing if it cannot be read.
std::vector<std::string> entries(const std::string& directory) {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
    found.push_back(at->path().filename().string());
  return found;
}

}  // namespace

Pins::Pins(std::string root, std::string layout, UniqueFd lock)
    : root_(std::move(root)), layout_(std::move(layout)), directory_(root_ + "/" + layout_), lock_(std::move(lock)) {}

Result<Pins> Pins::open(const std::string& directory, const std::string& layout) {
  UniqueFd lock(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock) return Error::from_errno(errno, directory);
  struct statfs system {};
  if (::fstatfs(lock.get(), &system) != 0) return Error::from_errno(errno, directory);
  if (static_cast<std::uint64_t>(system.f_type) != BPF_FS_MAGIC)
    return Error{directory + ": not in a BPF file system: mount one at /sys/fs/bpf", ENOTSUP};
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
    return Error{directory + ": another egresswatch uses these pins", errno == EWOULDBLOCK ? EBUSY : errno};
  Pins self(directory, layout, std::move(lock));
  if (::mkdir(self.directory_.c_str(), 0700) != 0 && errno != EEXIST) return Error::from_errno(errno, self.directory_);
  return self;
}

UniqueFd Pins::get(std::string_view name) const { return UniqueFd(bpf_obj_get(path(name).c_str())); }

Result<> Pins::pin(int fd, std::string_view name) const {
  remove(name);
  if (bpf_obj_pin(fd, path(name).c_str()) != 0) return Error::from_errno(errno, "pinning " + path(name));
  return {};
}

void Pins::remove(std::string_view name) const { ::unlink(path(name).c_str()); }

std::vector<std::string> Pins::names() const { return entries(directory_); }

void Pins::remove_others() const {
  for (const std::string& name : entries(root_)) {
    if (name == layout_) continue;
    const std::string other = root_ + "/" + name;
    for (const std::string& pin : entries(other)) ::unlink((fs::path(other) / pin).c_str());
    ::rmdir(other.c_str());
  }
}

}  // namespace egresswatch::capture
