// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>

#include "base/unique_fd.h"
#include "capture/features.h"

namespace egresswatch::testing {

// A control group (v2) of the test's own, removed at the end.
class ControlGroup {
 public:
  ControlGroup() : root_(capture::find_cgroup2()), path_(root_ + "/egresswatch-test-" + std::to_string(::getpid())) {
    if (root_.empty() || ::mkdir(path_.c_str(), 0755) != 0) throw std::runtime_error("cannot make " + path_);
  }
  ~ControlGroup() { ::rmdir(path_.c_str()); }
  ControlGroup(const ControlGroup&) = delete;
  ControlGroup& operator=(const ControlGroup&) = delete;

  // While one exists, this process is a member.
  class Member {
   public:
    explicit Member(const ControlGroup& group) : home_(group.root_ + own_path()) { move_to(group.path_); }
    ~Member() { move_to(home_); }
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;

   private:
    // "0::/system.slice/ssh.service": see cgroups(7)
    static std::string own_path() {
      std::ifstream groups("/proc/self/cgroup");
      for (std::string line; std::getline(groups, line);)
        if (line.starts_with("0::")) return line.substr(3);
      throw std::runtime_error("this process is in no control group of version 2");
    }
    static void move_to(const std::string& path) {
      std::ofstream procs(path + "/cgroup.procs");
      procs << ::getpid() << std::flush;
    }
    std::string home_;
  };

  [[nodiscard]] std::uint64_t id() const {
    struct stat status {};
    if (::stat(path_.c_str(), &status) != 0) throw std::runtime_error("cannot read " + path_);
    return status.st_ino;
  }
  [[nodiscard]] UniqueFd open() const { return UniqueFd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)); }

 private:
  std::string root_;
  std::string path_;
};

}  // namespace egresswatch::testing
