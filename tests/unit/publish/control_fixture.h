// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grp.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

namespace egresswatch::publish {

// A directory that every user may enter, gone with the object.
class OpenDirectory {
 public:
  OpenDirectory() : path_(std::filesystem::temp_directory_path() / "egresswatch.XXXXXX") {
    if (!::mkdtemp(path_.data())) ADD_FAILURE() << "no temporary directory";
    ::chmod(path_.c_str(), 0755);
  }
  ~OpenDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  OpenDirectory(const OpenDirectory&) = delete;
  OpenDirectory& operator=(const OpenDirectory&) = delete;

  [[nodiscard]] std::string operator/(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
};

// What `action`, which returns 0 to 100, returned in a process of this identity; 101 if it cannot be had. Needs root.
// Between fork and exit nothing but system calls: the program may have threads.
template <typename Action>
int as(const Identity& identity, Action action) {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool changed = ::setgroups(identity.groups.size(), identity.groups.data()) == 0 &&
                         ::setresgid(identity.gid, identity.gid, identity.gid) == 0 &&
                         ::setresuid(identity.uid, identity.uid, identity.uid) == 0;
    ::_exit(changed ? action() : 101);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace egresswatch::publish
