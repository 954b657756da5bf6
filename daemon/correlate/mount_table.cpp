// SPDX-License-Identifier: Apache-2.0
#include "correlate/mount_table.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <vector>

namespace egresswatch::correlate {
namespace {

// Mounts on one path, on top of each other. Nobody stacks so many; more are not followed.
constexpr std::size_t kMaxMounts = 64;

struct Mount {
  std::string_view id;
  std::string_view parent;
  std::string_view device;
  std::string_view root;   // of the mount, within its file system
  std::string_view point;  // as the process sees it
};

// "36 35 98:0 /root /point rw,noatime shared:1 - ext4 /dev/sda1 rw": see proc(5)
std::optional<Mount> parse_mount(std::string_view line) {
  std::array<std::string_view, 5> fields;
  for (std::string_view& field : fields) {
    field = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(field.size() + 1, line.size()));
    if (field.empty()) return std::nullopt;
  }
  return Mount{fields[0], fields[1], fields[2], fields[3], fields[4]};
}

bool leads_to(std::string_view point, std::string_view path) {
  return point == "/" || (path.starts_with(point) && (path.size() == point.size() || path[point.size()] == '/'));
}

const Mount* child_at(const std::vector<Mount>& mounts, const Mount& parent, std::string_view point) {
  const auto found = std::find_if(mounts.begin(), mounts.end(), [&](const Mount& mount) {
    return mount.parent == parent.id && mount.point == point && mount.id != parent.id;
  });
  return found == mounts.end() ? nullptr : &*found;
}

// What is mounted at "/" on top of the root of a process is not what it sees: a look-up begins below it.
const Mount* root_of(const std::vector<Mount>& mounts) {
  for (const Mount& mount : mounts) {
    const bool on_another = std::any_of(mounts.begin(), mounts.end(), [&](const Mount& other) {
      return other.point == "/" && other.id == mount.parent && other.id != mount.id;
    });
    if (mount.point == "/" && !on_another) return &mount;
  }
  return nullptr;
}

}  // namespace

std::string location_of(std::string_view path, std::string_view mountinfo) {
  std::vector<Mount> mounts;
  while (!mountinfo.empty()) {
    const std::string_view line = mountinfo.substr(0, mountinfo.find('\n'));
    mountinfo.remove_prefix(std::min(line.size() + 1, mountinfo.size()));
    const auto mount = parse_mount(line);
    if (!mount || !leads_to(mount->point, path)) continue;
    if (mounts.size() == kMaxMounts) return {};
    mounts.push_back(*mount);
  }

  const Mount* mount = root_of(mounts);
  if (mount == nullptr) return {};
  for (std::size_t end = 1; end <= path.size(); ++end) {
    if (end < path.size() && path[end] != '/') continue;
    // each is found once: a mount has one parent
    for (std::size_t i = 0; i < mounts.size(); ++i) {
      const Mount* child = child_at(mounts, *mount, path.substr(0, end));
      if (child == nullptr) break;
      mount = child;
    }
  }

  std::string location(mount->device);
  location += ' ';
  if (mount->root != "/") location += mount->root;
  if (mount->point == "/")
    location += path;
  else
    location += path.substr(mount->point.size());
  return location;
}

}  // namespace egresswatch::correlate
