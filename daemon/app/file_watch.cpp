// SPDX-License-Identifier: Apache-2.0
#include "app/file_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/unique_fd.h"

namespace egresswatch::app {
namespace {

constexpr std::uint32_t kGone = IN_DELETE_SELF | IN_MOVE_SELF;
constexpr std::uint32_t kReplaced = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | kGone;
// of a directory that is watched in place of one below it
constexpr std::uint32_t kAppeared = IN_CREATE | IN_MOVED_TO | kGone;

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::int64_t nanoseconds(const timespec& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

// Watches a directory, or the nearest one above it that exists; returns the descriptor of the watch.
Result<int> watch_nearest(int inotify, std::string directory) {
  std::uint32_t mask = kReplaced;
  for (;;) {
    // IN_MASK_ADD: another file may need the same directory for another reason
    const int watch = ::inotify_add_watch(inotify, directory.c_str(), mask | IN_ONLYDIR | IN_MASK_ADD);
    if (watch >= 0) return watch;
    if ((errno != ENOENT && errno != ENOTDIR) || directory == "/")
      return Error::from_errno(errno, directory + ": cannot be watched");
    directory = parent_of(directory);
    mask = kAppeared;
  }
}

}  // namespace

FileWatch::FileWatch(boost::asio::io_context& io, std::function<void()> changed)
    : changed_(std::move(changed)), events_(io), settle_(io) {}

std::optional<FileWatch::Identity> FileWatch::identify(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return Identity{status.st_dev, status.st_ino, status.st_size, nanoseconds(status.st_mtim),
                  nanoseconds(status.st_ctim)};
}

Result<> FileWatch::watch(const std::vector<std::string>& paths) {
  std::vector<File> files;
  for (const std::string& path : paths) {
    // what was known of a file stays: it may have changed since
    std::optional<Identity> identity = identify(path);
    for (const File& known : files_)
      if (known.path == path) identity = known.identity;
    files.push_back({path, identity});
  }
  files_ = std::move(files);
  if (files_.empty() && !events_.is_open()) return {};
  if (auto opened = open(); !opened) return opened;
  return place_watches();
}

Result<> FileWatch::open() {
  if (events_.is_open()) return {};
  UniqueFd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!fd) return Error::from_errno(errno, "inotify");
  boost::system::error_code error;
  events_.assign(fd.get(), error);
  if (error) return Error{"inotify: " + error.message()};
  static_cast<void>(fd.release());
  wait();
  return {};
}

Result<> FileWatch::place_watches() {
  std::set<int> watches;
  for (const File& file : files_) {
    const std::string directory = parent_of(file.path);
    // a directory may appear while the one above it is not watched yet: until two attempts end at the same one
    for (int last = -1, now = -2; last != now;) {
      last = now;
      const auto watch = watch_nearest(events_.native_handle(), directory);
      if (!watch) return watch.error();
      now = *watch;
      watches.insert(now);
    }
  }
  for (const int old : watches_)
    if (!watches.contains(old)) ::inotify_rm_watch(events_.native_handle(), old);
  watches_ = std::move(watches);
  return {};
}

void FileWatch::wait() {
  events_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](boost::system::error_code error) {
    if (error) return;
    drain();
    wait();
    if (std::exchange(settling_, true)) return;
    settle_.expires_after(kSettle);
    settle_.async_wait([this](boost::system::error_code cancelled) {
      if (!cancelled) on_settled();
    });
  });
}

// What happened is of no interest, since the files are looked at: only that nothing is left, or Asio would not wake up
// for the next one.
void FileWatch::drain() {
  std::array<char, 4096> buffer;
  while (::read(events_.native_handle(), buffer.data(), buffer.size()) > 0) {
  }
}

void FileWatch::on_settled() {
  settling_ = false;
  // first, so that nothing that comes after the look is missed; what cannot be watched any more is still looked at
  static_cast<void>(place_watches());
  bool changed = false;
  for (File& file : files_) {
    const auto identity = identify(file.path);
    changed = changed || identity != file.identity;
    file.identity = identity;
  }
  if (changed) changed_();
}

}  // namespace egresswatch::app
