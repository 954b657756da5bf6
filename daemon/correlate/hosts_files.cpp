// SPDX-License-Identifier: Apache-2.0
#include "correlate/hosts_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/open_in_root.h"
#include "correlate/mount_table.h"
#include "correlate/proc_file.h"

namespace egresswatch::correlate {
namespace {

constexpr const char* kPath = "etc/hosts";  // below a root
constexpr std::size_t kMaxMountinfo = std::size_t{1} << 20;
// Of an entry: its own size, and what the allocator adds to a name.
constexpr std::size_t kEntryBytes = sizeof(HostsEntry) + 16;

bool is_link(const UniqueFd& root, const char* path) {
  struct stat status {};
  return ::fstatat(root.get(), path, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode);
}

// False if the file cannot be read. What was added to it since its size was asked is left for the next time.
bool read_all(const UniqueFd& file, std::size_t size, std::string& text) {
  text.resize(size);
  std::size_t used = 0;
  while (used < size) {
    const ssize_t count = ::pread(file.get(), text.data() + used, size - used, static_cast<off_t>(used));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    if (count == 0) break;
    used += static_cast<std::size_t>(count);
  }
  text.resize(used);
  return true;
}

}  // namespace

std::size_t HostsFiles::HashFileKey::operator()(const FileKey& key) const {
  return key.inode ^ (key.device << 32) ^ static_cast<std::uint64_t>(key.changed_ns);
}

HostsFiles::HostsFiles(std::string proc_root)
    : proc_root_(std::move(proc_root)),
      process_table_(proc_root_),
      processes_(kMaxProcesses),
      files_(kMaxFiles, [this](const FileKey&, File& file) {
        bytes_ -= file.bytes;
        ++counters_.evicted;
      }) {}

NameMatch HostsFiles::lookup(const IpAddress& address, const Process& process, std::uint64_t now_ns) {
  // the text of a file has no names for these
  if (address.is_loopback() || address.is_unspecified()) return {};
  if (proc_root_.empty() || process.pid == 0) return {};
  // never refused: nothing in this table is pinned
  Seen& seen = *processes_.find_or_insert({process.pid, process.start_time_ns});
  if (now_ns >= seen.look_again_ns) {
    seen.look_again_ns = now_ns + kLookAgainNs;
    look_at(process, seen);
  }
  if (seen.perhaps_own && !find(own_file(now_ns), address).name.empty()) {
    seen.perhaps_own = false;
    if (shares_own_file(process)) seen.file = own_.file;
  }
  return find(seen.file, address);
}

NameMatch HostsFiles::find(const FileKey& key, const IpAddress& address) {
  const File* file = key.inode != 0 ? files_.find(key) : nullptr;
  if (file == nullptr) return {};
  const auto [first, last] =
      std::equal_range(file->entries.begin(), file->entries.end(), HostsEntry{address, {}},
                       [](const HostsEntry& a, const HostsEntry& b) { return a.address < b.address; });
  if (first == last) return {};
  NameMatch match;
  match.name = first->name;
  match.source = NameSource::hosts_file;
  match.ambiguous = std::any_of(first, last, [&](const HostsEntry& entry) { return entry.name != match.name; });
  return match;
}

// A process that has ended keeps the file that it had.
void HostsFiles::look_at(const Process& process, Seen& seen) {
  ++looks_;
  const UniqueFd root = open_process_root(proc_root_, std::to_string(process.pid));
  const bool forbidden = !root && (errno == EACCES || errno == EPERM);
  // in this order: so the root is that of this process
  if ((!root && !forbidden) || !is_running(process)) return;
  seen.perhaps_own = forbidden;
  seen.file = root ? open_hosts(root) : FileKey{};
}

// Where the kernel did not say when the process began, whoever has its pid is taken for it.
bool HostsFiles::is_running(const Process& process) const {
  const auto now = process_table_.read(process.pid);
  return now && (process.start_time_ns == 0 || same_start(now->start_time_ns, process.start_time_ns));
}

HostsFiles::FileKey HostsFiles::open_hosts(const UniqueFd& root) {
  struct stat status {};
  const UniqueFd file = open_file_in_root(root, kPath, status);
  if (!file) return {};
  const FileKey key{status.st_dev, status.st_ino,
                    std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec, status.st_size};
  if (!files_.find(key)) keep(key, file);
  return key;
}

const HostsFiles::FileKey& HostsFiles::own_file(std::uint64_t now_ns) {
  if (now_ns < own_.look_again_ns) return own_.file;
  own_.file = {};
  own_.look_again_ns = now_ns + kLookAgainNs;
  ++looks_;
  const UniqueFd root = open_process_root(proc_root_, "self");
  // where a link leads, the mount tables do not tell
  if (root && !is_link(root, "etc") && !is_link(root, kPath)) own_.file = open_hosts(root);
  return own_.file;
}

bool HostsFiles::shares_own_file(const Process& process) {
  ++looks_;
  const std::string theirs = location(std::to_string(process.pid));
  return !theirs.empty() && is_running(process) && theirs == location("self");
}

std::string HostsFiles::location(const std::string& pid) {
  // of a part that ends anywhere nothing can be told
  if (!read_proc_file(proc_root_ + "/" + pid + "/mountinfo", kMaxMountinfo, text_) || text_.size() == kMaxMountinfo)
    return {};
  return location_of(std::string("/") + kPath, text_);
}

// A file that is refused is kept without entries, so that it is not read again and again.
void HostsFiles::keep(const FileKey& key, const UniqueFd& file) {
  ++looks_;
  HostsText parsed;
  if (key.size <= static_cast<off_t>(kMaxHostsBytes) && read_all(file, static_cast<std::size_t>(key.size), text_))
    parsed = parse_hosts(text_);
  else
    parsed.over_limit = 1;
  if (parsed.over_limit > 0) {
    ++counters_.refused;
    parsed.entries.clear();
  }
  std::stable_sort(parsed.entries.begin(), parsed.entries.end(),
                   [](const HostsEntry& a, const HostsEntry& b) { return a.address < b.address; });
  parsed.entries.shrink_to_fit();

  File kept;
  kept.entries = std::move(parsed.entries);
  for (const HostsEntry& entry : kept.entries) kept.bytes += kEntryBytes + entry.name.capacity();
  bytes_ += kept.bytes;
  *files_.find_or_insert(key) = std::move(kept);
  make_room();
}

// The file that was put in last stays: alone it is never larger than kMaxBytes.
void HostsFiles::make_room() {
  std::size_t excess = bytes_ > kMaxBytes ? bytes_ - kMaxBytes : 0;
  std::vector<FileKey> leaving;
  files_.for_each_oldest_first([&](const FileKey& key, const File& file) {
    if (excess == 0) return false;
    leaving.push_back(key);
    excess -= std::min(excess, file.bytes);
    return true;
  });
  for (const FileKey& key : leaving) {
    bytes_ -= files_.peek(key)->bytes;
    files_.erase(key);
    ++counters_.evicted;
  }
}

}  // namespace egresswatch::correlate
