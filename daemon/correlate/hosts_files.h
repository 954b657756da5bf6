// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bounded_map.h"
#include "base/unique_fd.h"
#include "correlate/hosts_text.h"
#include "correlate/name_table.h"
#include "correlate/process_table.h"
#include "egresswatch/model/ip_address.h"
#include "egresswatch/model/process.h"

namespace egresswatch::correlate {

// What the hosts file of a process calls an address: /etc/hosts below the root directory of that process, which in a
// container is another one than the host's.
//
// To open it takes the right to look into the process: CAP_SYS_PTRACE, or to be its user without further rights.
// Without that the mount table of the process, which anybody may read, tells whether its /etc/hosts is the very file
// that this program sees; then that one is read. Of every other process nothing is said: no name, rather than one from
// a file that it may not have. The same where a process has ended before it was looked at.
//
// A process is looked at when it is first asked about, and again after kLookAgainNs; in between nothing is opened. A
// file is read when its inode, size or time of change is new. Times are CLOCK_MONOTONIC. Not thread-safe.
class HostsFiles {
 public:
  static constexpr std::uint64_t kLookAgainNs = 5'000'000'000;
  static constexpr std::size_t kMaxProcesses = 4096;
  static constexpr std::size_t kMaxFiles = 64;
  static constexpr std::size_t kMaxBytes = std::size_t{8} << 20;  // of all files, in memory

  struct Counters {
    std::uint64_t evicted = 0;  // files that left for want of room
    std::uint64_t refused = 0;  // files longer than kMaxHostsBytes, or with more than kMaxHostsEntries entries
  };

  // An empty proc_root knows no process: for recordings.
  explicit HostsFiles(std::string proc_root);

  // Looks at a process while it lives, for a later lookup().
  void see(const Process& process, std::uint64_t now_ns);
  // The first name of the file for the address, as gethostbyaddr(3) has it. The view is valid until the next call.
  NameMatch lookup(const IpAddress& address, const Process& process, std::uint64_t now_ns);

  [[nodiscard]] std::size_t size() const { return files_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  // Times that something was opened or read, for tests.
  [[nodiscard]] std::uint64_t looks() const { return looks_; }
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  struct FileKey {
    dev_t device = 0;
    ino_t inode = 0;  // 0 = no file
    std::int64_t changed_ns = 0;
    off_t size = 0;
    bool operator==(const FileKey&) const = default;
  };
  struct HashFileKey {
    std::size_t operator()(const FileKey& key) const;
  };
  struct File {
    std::vector<HostsEntry> entries;  // by address, those of one address in the order of the file
    std::size_t bytes = 0;
  };
  struct ProcessKey {
    std::uint32_t pid = 0;
    std::uint64_t start_time_ns = 0;
    bool operator==(const ProcessKey&) const = default;
  };
  struct HashProcessKey {
    std::size_t operator()(const ProcessKey& key) const { return key.start_time_ns ^ key.pid; }
  };
  struct Seen {
    FileKey file;
    std::uint64_t look_again_ns = 0;
  };

  const FileKey& file_of(const Process& process, std::uint64_t now_ns);
  // False if the process has ended.
  bool look_at(const Process& process, std::uint64_t now_ns, FileKey& file);
  FileKey open_hosts(const UniqueFd& root);
  FileKey own_file(std::uint64_t now_ns);
  [[nodiscard]] bool shares_own_file(const Process& process);
  void keep(const FileKey& key, const UniqueFd& file);
  void make_room();
  [[nodiscard]] std::string location(const std::string& pid);

  std::string proc_root_;
  ProcessTable process_table_;
  BoundedMap<ProcessKey, Seen, HashProcessKey> processes_;
  BoundedMap<FileKey, File, HashFileKey> files_;
  Seen own_;
  std::string text_;  // of what is read, kept for its capacity
  std::size_t bytes_ = 0;
  std::uint64_t looks_ = 0;
  Counters counters_;
};

}  // namespace egresswatch::correlate
