// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace egresswatch::test {

// A /proc and a cgroup tree of the test's own, in a directory that goes with it.
class ProcTree {
 public:
  ProcTree() {
    std::string name = (std::filesystem::temp_directory_path() / "egresswatch.XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no temporary directory";
    root_ = name;
    std::filesystem::create_directories(proc() + "/self");
    std::filesystem::create_directories(cgroup());
  }
  ~ProcTree() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  ProcTree(const ProcTree&) = delete;
  ProcTree& operator=(const ProcTree&) = delete;

  [[nodiscard]] std::string proc() const { return (root_ / "proc").string(); }
  [[nodiscard]] std::string cgroup() const { return (root_ / "cgroup").string(); }

  void write(const std::string& path_in_proc, std::string_view text) const {
    const std::filesystem::path path = proc() + "/" + path_in_proc;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }

  void add_process(std::uint32_t pid, const std::string& comm, std::uint64_t start_ticks, std::uint32_t uid = 0) const {
    const std::string directory = std::to_string(pid);
    write(directory + "/stat", directory + " (" + comm + ") S 1 " + directory + " " + directory +
                                   " 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 " + std::to_string(start_ticks) +
                                   " 1000 100 18446744073709551615\n");
    const std::string id = std::to_string(uid);
    write(directory + "/status", "Name:\tx\nUmask:\t0022\nUid:\t" + id + "\t0\t0\t0\nGid:\t0\t0\t0\t0\n");
  }

  // Something below the root directory of a process.
  void write_in_root(const std::string& pid, const std::string& path, std::string_view text) const {
    write(pid + "/root/" + path, text);
  }

  // A link as the kernel shows for an open socket.
  void add_socket(std::uint32_t pid, int fd, std::uint64_t inode) const {
    const std::filesystem::path directory = proc() + "/" + std::to_string(pid) + "/fd";
    std::filesystem::create_directories(directory);
    std::filesystem::create_symlink("socket:[" + std::to_string(inode) + "]", directory / std::to_string(fd));
  }

  // Its cgroup id, as in the kernel the inode number.
  [[nodiscard]] std::uint64_t add_cgroup(const std::string& path) const {
    std::filesystem::create_directories(cgroup() + path);
    return id_of(path);
  }

  [[nodiscard]] std::uint64_t id_of(const std::string& path) const {
    struct stat status {};
    EXPECT_EQ(::stat((cgroup() + path).c_str(), &status), 0);
    return status.st_ino;
  }

 private:
  std::filesystem::path root_;
};

}  // namespace egresswatch::test
