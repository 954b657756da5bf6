// SPDX-License-Identifier: Apache-2.0
#include "correlate/unit_resolver.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "correlate/proc_file.h"

namespace egresswatch::correlate {
namespace {

constexpr std::size_t kMaxMountinfo = std::size_t{4} << 20;
constexpr std::size_t kMaxCgroupFile = std::size_t{64} << 10;  // at most a dozen hierarchies of one path each

std::string find_cgroup_root(const std::string& proc_root) {
  std::string mountinfo;
  read_proc_file(proc_root + "/self/mountinfo", kMaxMountinfo, mountinfo);
  return cgroup2_mount_point(mountinfo);
}

void name_after(Unit& unit, std::string_view process_name) {
  assign_printable(unit.name, process_name.empty() ? "unknown" : process_name);
  unit.kind = UnitKind::process;
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

}  // namespace

UnitResolver::UnitResolver(Options options)
    : proc_root_(std::move(options.proc_root)),
      cgroup_root_(options.cgroup_root.empty() ? find_cgroup_root(proc_root_) : std::move(options.cgroup_root)),
      file_root_(std::move(options.file_root)),
      processes_(proc_root_),
      by_cgroup_(options.capacity),
      by_process_(options.capacity) {}

const Unit& UnitResolver::resolve(const Process& process, std::uint64_t now_ns) {
  if (process.cgroup_id != 0) {
    const Unit& unit = unit_of_cgroup(process, now_ns);
    if (!unit.name.empty()) return unit;
  }
  if (process.pid != 0) return unit_of_process(process, now_ns);
  name_after(named_after_process_, process.name());
  return named_after_process_;
}

const Unit& UnitResolver::unit_of_cgroup(const Process& process, std::uint64_t now_ns) {
  const Entry* known = by_cgroup_.find(process.cgroup_id);
  if (known != nullptr && now_ns < known->look_again_ns) return known->unit;
  Entry found = find_cgroup(process, now_ns);
  // Never refused, here and below: nothing in these tables is pinned.
  Entry& entry = *by_cgroup_.find_or_insert(process.cgroup_id);
  entry = std::move(found);
  return entry.unit;
}

UnitResolver::Entry UnitResolver::find_cgroup(const Process& process, std::uint64_t now_ns) {
  if (cgroup_root_.empty()) return {{}, now_ns + kMissRememberedNs};

  CgroupLines lines;
  if (process.pid != 0 && read_cgroup_lines(process.pid, lines) && !lines.unified.empty()) {
    struct stat directory {};
    const std::string path = cgroup_root_ + std::string(lines.unified);
    if (::stat(path.c_str(), &directory) == 0 && directory.st_ino == process.cgroup_id)
      return {unit_at(lines.unified), kForGood};
  }

  if (now_ns < next_walk_ns_) return {{}, next_walk_ns_};
  next_walk_ns_ = now_ns + kWalkIntervalNs;
  // The walk fills the table; an entry for this id holds its room, and stays as it is if the walk does not find it.
  *by_cgroup_.find_or_insert(process.cgroup_id) = {{}, now_ns + kMissRememberedNs};
  walk();
  return *by_cgroup_.find(process.cgroup_id);
}

// Breadth first, so that a user who fills a delegated subtree does not hide the services, which lie higher.
void UnitResolver::walk() {
  ++walks_;
  std::vector<std::string> paths{""};  // below the root, in the order of the visit
  bool cut = false;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const std::string path = paths[i];
    const std::string full_path = cgroup_root_ + path;
    struct stat status {};
    if (::lstat(full_path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) continue;
    learn(status.st_ino, path);
    // No subdirectories, which most have: spares listing the control files, the larger part of the cost.
    if (status.st_nlink == 2) continue;

    const std::unique_ptr<DIR, CloseDirectory> directory(::opendir(full_path.c_str()));
    if (!directory) continue;
    const auto depth = static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
    while (const dirent* child = ::readdir(directory.get())) {
      const std::string_view name = child->d_name;
      if (child->d_type != DT_DIR || name == "." || name == "..") continue;
      if (depth >= kMaxWalkDepth || paths.size() >= kMaxWalkDirectories)
        cut = true;
      else
        paths.push_back(path + "/" + child->d_name);
    }
  }
  if (cut) ++walks_cut_;
}

void UnitResolver::learn(std::uint64_t cgroup_id, std::string_view path) {
  Entry* entry = by_cgroup_.peek(cgroup_id);
  if (entry != nullptr && entry->look_again_ns == kForGood) return;
  // What a walk learns besides must not push out what is in use.
  if (entry == nullptr && by_cgroup_.size() == by_cgroup_.capacity()) return;
  *by_cgroup_.find_or_insert(cgroup_id) = {unit_at(path), kForGood};
}

const Unit& UnitResolver::unit_of_process(const Process& process, std::uint64_t now_ns) {
  const ProcessKey key{process.pid, process.start_time_ns};
  bool added = false;
  Entry& entry = *by_process_.find_or_insert(key, &added);
  if (added || now_ns >= entry.look_again_ns) {
    Unit unit = read_process(process);
    // A process that has ended keeps the unit it was seen in.
    if (!unit.name.empty()) entry.unit = std::move(unit);
    if (entry.unit.name.empty()) name_after(entry.unit, process.name());
    entry.look_again_ns = now_ns + kProcessRememberedNs;
  }
  return entry.unit;
}

Unit UnitResolver::read_process(const Process& process) {
  const std::optional<Process> now = processes_.read(process.pid);
  const bool reused = now && process.start_time_ns != 0 && !same_start(now->start_time_ns, process.start_time_ns);
  if (!now || reused) return {};

  CgroupLines lines;
  if (read_cgroup_lines(process.pid, lines)) {
    // Where the kernel named the cgroup, the process may have moved since: do not take the new one for it.
    const std::string_view path = process.cgroup_id == 0 ? lines.unified : std::string_view{};
    for (const std::string_view known : {path, lines.systemd_v1})
      if (Unit unit = unit_at(known); !unit.name.empty()) return unit;
  }
  Unit unit;
  name_after(unit, now->name());
  return unit;
}

Unit UnitResolver::unit_at(std::string_view cgroup_path) const {
  Unit unit = unit_of_cgroup_path(cgroup_path).value_or(Unit{});
  if (unit.kind == UnitKind::container)
    unit.container_name = container_name(file_root_, unit.runtime, unit.container_id).value_or(std::string{});
  return unit;
}

bool UnitResolver::read_cgroup_lines(std::uint32_t pid, CgroupLines& lines) {
  if (!read_proc_file(proc_root_ + "/" + std::to_string(pid) + "/cgroup", kMaxCgroupFile, text_)) return false;
  lines = parse_cgroup_lines(text_);
  return true;
}

}  // namespace egresswatch::correlate
