// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"

namespace egresswatch::app {

// Tells when files are replaced: by rename, or written in place and closed, or through a symbolic link in the same
// directory that points elsewhere. Watches their directories (inotify(7)), since a file that is replaced is another
// one; of a directory that does not exist, the nearest one above it that does. Nothing wakes up as long as nothing
// happens in them. Not seen: that a directory above is renamed, and what other machines do on a network file system.
class FileWatch {
 public:
  // From the first sign until the files are looked at, so that a burst is one change.
  static constexpr std::chrono::milliseconds kSettle{250};

  FileWatch(boost::asio::io_context& io, std::function<void()> changed);

  // These files in place of those before; absolute paths. What happens to them from now on counts.
  Result<> watch(const std::vector<std::string>& paths);

 private:
  // What tells one content from another without reading it; none if there is no such file.
  struct Identity {
    dev_t device;
    ino_t inode;
    off_t size;
    std::int64_t modified_ns;
    std::int64_t changed_ns;
    bool operator==(const Identity&) const = default;
  };
  struct File {
    std::string path;
    std::optional<Identity> identity;
  };

  static std::optional<Identity> identify(const std::string& path);
  Result<> open();
  Result<> place_watches();
  void wait();
  void drain();
  void on_settled();

  std::function<void()> changed_;
  boost::asio::posix::stream_descriptor events_;
  boost::asio::steady_timer settle_;
  bool settling_ = false;
  std::vector<File> files_;
  std::set<int> watches_;  // descriptors of inotify
};

}  // namespace egresswatch::app
