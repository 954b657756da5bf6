// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "base/archive.h"
#include "base/bounded_map.h"
#include "correlate/cgroup_path.h"
#include "correlate/process_table.h"
#include "egresswatch/model/process.h"

namespace egresswatch::correlate {

// Which unit a process belongs to: the systemd unit or container of its cgroup, else the name of the process.
//
// The kernel's record has the id of the cgroup, which is the inode number of its directory and is never reused. What it
// resolves to is remembered for good; the steps to get there, in this order:
//   1. /proc/<pid>/cgroup, if the directory it names has that inode number: the pid may be another process by now;
//   2. one walk over the cgroup v2 tree, which learns every other directory on the way; at most one a second, at about
//      4 us a directory. An id that is not found is not searched again for kMissRememberedNs;
//   3. where the cgroup has no unit, or cannot be found: the v1 hierarchy name=systemd of the process (hybrid layout),
//      else the name of its main thread. Remembered by pid and start time, read again after kProcessRememberedNs since
//      a process may change its name and its v1 cgroup.
//
// So resolve a process when it is first seen, not when its socket closes: by then both may be gone. Times are
// CLOCK_MONOTONIC. A hit costs one or two table lookups and no allocation.
class UnitResolver {
 public:
  struct Options {
    std::string proc_root = "/proc";
    std::string cgroup_root;      // empty = where <proc_root>/self/mountinfo has cgroup2
    std::string file_root = {};   // in front of the paths where runtimes keep the names of containers
    std::size_t capacity = 8192;  // of each table; about 240 bytes an entry, and long names
  };

  static constexpr std::uint64_t kMissRememberedNs = 60'000'000'000;
  static constexpr std::uint64_t kProcessRememberedNs = 60'000'000'000;
  static constexpr std::uint64_t kWalkIntervalNs = 1'000'000'000;
  static constexpr std::size_t kMaxWalkDepth = 16;
  static constexpr std::size_t kMaxWalkDirectories = 8192;

  explicit UnitResolver(Options options);

  // Never an empty name: "unknown" is the last resort. The reference is valid until the next call.
  const Unit& resolve(const Process& process, std::uint64_t now_ns);

  // What is remembered, for restore() of the next process: the cgroup of a process that has ended cannot be found
  // again.
  void save(ArchiveWriter& archive) const;
  void restore(ArchiveReader& archive);

  [[nodiscard]] const std::string& cgroup_root() const { return cgroup_root_; }
  [[nodiscard]] std::size_t size() const { return by_cgroup_.size() + by_process_.size(); }
  [[nodiscard]] std::uint64_t evictions() const { return by_cgroup_.evictions() + by_process_.evictions(); }
  [[nodiscard]] std::uint64_t walks() const { return walks_; }
  // Walks that stopped at a limit, so that some cgroups were not seen.
  [[nodiscard]] std::uint64_t walks_cut() const { return walks_cut_; }

 private:
  static constexpr std::uint64_t kForGood = std::numeric_limits<std::uint64_t>::max();

  struct Entry {
    Unit unit;  // an empty name: none known
    std::uint64_t look_again_ns = kForGood;
  };

  struct ProcessKey {
    std::uint32_t pid = 0;
    std::uint64_t start_time_ns = 0;
    bool operator==(const ProcessKey&) const = default;
  };
  struct HashProcessKey {
    std::size_t operator()(const ProcessKey& key) const { return key.start_time_ns ^ key.pid; }
  };

  const Unit& unit_of_cgroup(const Process& process, std::uint64_t now_ns);
  const Unit& unit_of_process(const Process& process, std::uint64_t now_ns);
  Entry find_cgroup(const Process& process, std::uint64_t now_ns);
  Unit read_process(const Process& process);
  void walk();
  void learn(std::uint64_t cgroup_id, std::string_view path);
  [[nodiscard]] Unit unit_at(std::string_view cgroup_path) const;
  bool read_cgroup_lines(std::uint32_t pid, CgroupLines& lines);

  std::string proc_root_;
  std::string cgroup_root_;
  std::string file_root_;
  ProcessTable processes_;
  BoundedMap<std::uint64_t, Entry> by_cgroup_;
  BoundedMap<ProcessKey, Entry, HashProcessKey> by_process_;
  std::string text_;  // of /proc/<pid>/cgroup, kept for its capacity
  Unit named_after_process_;
  std::uint64_t next_walk_ns_ = 0;
  std::uint64_t walks_ = 0;
  std::uint64_t walks_cut_ = 0;
};

}  // namespace egresswatch::correlate
