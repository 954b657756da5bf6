// SPDX-License-Identifier: Apache-2.0
#include "capture/c_libraries.h"

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

#include "base/open_in_root.h"

namespace egresswatch::capture {
namespace {

namespace fs = std::filesystem;

// Of all processes together: bounds the time of the start. The usual process has 20 KB.
constexpr std::size_t kMaxMapsBytes = std::size_t{16} << 20;

#if defined(__aarch64__)
constexpr Elf64_Half kMachine = EM_AARCH64;
#else
constexpr Elf64_Half kMachine = EM_X86_64;
#endif

// Since glibc 2.34 the file is libc.so.6; before, that was a link to libc-2.33.so.
bool is_c_library(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name == "libc.so.6" || (name.starts_with("libc-2.") && name.ends_with(".so"));
}

// A library of 32-bit processes has another layout of what is read.
bool is_native_elf(const UniqueFd& file) {
  Elf64_Ehdr header{};
  return ::pread(file.get(), &header, sizeof header, 0) == sizeof header &&
         std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_ident[EI_CLASS] == ELFCLASS64 &&
         header.e_machine == kMachine;
}

class Search {
 public:
  Search(const std::string& proc_root, std::size_t limit) : proc_root_(proc_root), limit_(limit) {}

  void visit(const std::string& pid) {
    const std::string directory = proc_root_ + "/" + pid;
    struct stat program {};
    const UniqueFd root = open_process_root(proc_root_, pid);
    if (!root || ::stat((directory + "/exe").c_str(), &program) != 0) {
      // ENOENT: a kernel thread, or gone
      if (errno == EACCES || errno == EPERM) ++result_.unreadable_processes;
      return;
    }
    struct stat top {};
    if (::fstat(root.get(), &top) != 0) return;
    const Program key{top.st_dev, top.st_ino, program.st_dev, program.st_ino};
    if (programs_.contains(key)) return;
    if (look_at(directory + "/maps", root)) programs_.insert(key);
  }

  CLibraries result() && { return std::move(result_); }

 private:
  using Program = std::tuple<dev_t, ino_t, dev_t, ino_t>;  // of the root and of the executable

  // True if the process need not be looked at again for another of its kind.
  bool look_at(const std::string& maps_path, const UniqueFd& root) {
    std::ifstream maps(maps_path);
    if (!maps || maps_bytes_ >= kMaxMapsBytes) {
      ++result_.unreadable_processes;
      return false;
    }
    for (std::string line; maps_bytes_ < kMaxMapsBytes && std::getline(maps, line);) {
      maps_bytes_ += line.size();
      // "7f1e5c028000-7f1e5c17d000 r-xp 00028000 fe:01 1234   /usr/lib/x86_64-linux-gnu/libc.so.6": see proc(5)
      const std::size_t path_at = line.find('/');
      if (path_at == std::string::npos || !is_c_library(std::string_view(line).substr(path_at))) continue;
      return add(line.substr(path_at), std::string_view(line).substr(0, path_at), root);
    }
    return maps_bytes_ < kMaxMapsBytes;
  }

  bool add(std::string path, std::string_view mapping, const UniqueFd& root) {
    std::array<std::string_view, 5> fields;  // range, permissions, offset, device, inode
    for (std::string_view& field : fields) {
      mapping.remove_prefix(std::min(mapping.find_first_not_of(' '), mapping.size()));
      field = mapping.substr(0, mapping.find(' '));
      mapping.remove_prefix(field.size());
    }
    const std::pair identity{std::string(fields[3]), std::string(fields[4])};
    if (files_.contains(identity)) return true;
    struct stat status {};
    UniqueFd file = open_file_in_root(root, path.c_str(), status);
    if (!file) return false;
    files_.insert(identity);
    if (!is_native_elf(file)) return true;
    if (result_.found.size() == limit_)
      ++result_.over_limit;
    else
      result_.found.push_back({std::move(file), std::move(path)});
    return true;
  }

  const std::string& proc_root_;
  std::size_t limit_;
  std::set<Program> programs_;
  std::set<std::pair<std::string, std::string>> files_;
  std::size_t maps_bytes_ = 0;
  CLibraries result_;
};

}  // namespace

CLibraries find_c_libraries(const std::string& proc_root, std::size_t limit) {
  Search search(proc_root, limit);
  search.visit("self");
  std::error_code error;
  for (fs::directory_iterator it(proc_root, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (std::isdigit(static_cast<unsigned char>(name.front())) != 0) search.visit(name);
  }
  return std::move(search).result();
}

}  // namespace egresswatch::capture
