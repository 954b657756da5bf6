// SPDX-License-Identifier: Apache-2.0
#include "correlate/process_table.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "correlate/proc_file.h"

namespace egresswatch::correlate {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

Directory open_directory(int parent, const char* path) {
  UniqueFd fd(::openat(parent, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return nullptr;
  Directory directory(::fdopendir(fd.get()));
  if (directory) static_cast<void>(fd.release());
  return directory;
}

template <typename Integer>
std::optional<Integer> parse_number(std::string_view text) {
  Integer value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::uint64_t tick_ns() {
  static const std::uint64_t value = [] {
    const long ticks = ::sysconf(_SC_CLK_TCK);
    return 1'000'000'000ULL / static_cast<std::uint64_t>(ticks > 0 ? ticks : 100);
  }();
  return value;
}

// proc(5): "pid (comm) state ppid ...", where comm may hold spaces and parentheses. Field 22 is the start time.
bool parse_stat(std::string_view stat, Process& process) {
  const std::size_t open = stat.find('(');
  const std::size_t close = stat.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return false;
  const std::string_view comm = stat.substr(open + 1, close - open - 1);
  std::copy_n(comm.data(), std::min(comm.size(), process.comm.size() - 1), process.comm.data());

  std::string_view rest = stat.substr(close + 1);
  std::string_view field;
  for (int number = 3; number <= 22; ++number) {
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    field = rest.substr(0, rest.find(' '));
    rest.remove_prefix(field.size());
  }
  const auto ticks = parse_number<std::uint64_t>(field);
  if (ticks) process.start_time_ns = *ticks * tick_ns();
  return ticks.has_value();
}

// The real uid: first number of the line "Uid:". The kernel escapes newlines in the line "Name:".
bool parse_status(std::string_view status, Process& process) {
  constexpr std::string_view kKey = "\nUid:\t";
  const std::size_t at = status.find(kKey);
  if (at == std::string_view::npos) return false;
  const std::string_view rest = status.substr(at + kKey.size());
  const auto uid = parse_number<std::uint32_t>(rest.substr(0, rest.find_first_of("\t\n")));
  if (uid) process.uid = *uid;
  return uid.has_value();
}

// The inode number in the link "socket:[12345]".
std::optional<std::uint64_t> socket_inode(int directory, const char* name) {
  char target[48];
  const ssize_t length = ::readlinkat(directory, name, target, sizeof target);
  constexpr std::string_view kPrefix = "socket:[";
  std::string_view link(target, length > 0 ? static_cast<std::size_t>(length) : 0);
  if (!link.starts_with(kPrefix) || !link.ends_with(']')) return std::nullopt;
  link.remove_prefix(kPrefix.size());
  link.remove_suffix(1);
  return parse_number<std::uint64_t>(link);
}

}  // namespace

ProcessTable::ProcessTable(std::string proc_root) : proc_root_(std::move(proc_root)) {}

std::optional<Process> ProcessTable::read(std::uint32_t pid) const {
  constexpr std::size_t kLimit = 16384;
  const std::string directory = proc_root_ + "/" + std::to_string(pid);
  Process process;
  process.pid = pid;
  std::string text;
  if (!read_proc_file(directory + "/stat", kLimit, text) || !parse_stat(text, process)) return std::nullopt;
  if (!read_proc_file(directory + "/status", kLimit, text) || !parse_status(text, process)) return std::nullopt;
  return process;
}

std::unordered_map<std::uint64_t, Process> ProcessTable::socket_owners(std::span<const std::uint64_t> inodes) {
  std::unordered_map<std::uint64_t, Process> owners;
  if (inodes.empty()) return owners;
  std::vector<std::uint64_t> wanted(inodes.begin(), inodes.end());
  std::sort(wanted.begin(), wanted.end());

  const Directory processes = open_directory(AT_FDCWD, proc_root_.c_str());
  if (!processes) {
    ++unreadable_;
    return owners;
  }
  while (const dirent* entry = ::readdir(processes.get())) {
    const auto pid = parse_number<std::uint32_t>(entry->d_name);
    if (!pid) continue;
    const Directory files = open_directory(::dirfd(processes.get()), (std::string(entry->d_name) + "/fd").c_str());
    if (!files) {
      if (errno != ENOENT && errno != ESRCH) ++unreadable_;
      continue;
    }
    std::optional<Process> holder;
    while (const dirent* file = ::readdir(files.get())) {
      const auto inode = socket_inode(::dirfd(files.get()), file->d_name);
      if (!inode || !std::binary_search(wanted.begin(), wanted.end(), *inode)) continue;
      if (!holder) holder = read(*pid);
      if (!holder) break;
      const auto [known, added] = owners.try_emplace(*inode, *holder);
      if (!added && holder->start_time_ns < known->second.start_time_ns) known->second = *holder;
    }
  }
  return owners;
}

bool same_start(std::uint64_t a_ns, std::uint64_t b_ns) { return a_ns / tick_ns() == b_ns / tick_ns(); }

}  // namespace egresswatch::correlate
