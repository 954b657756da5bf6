// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>

#include "base/unique_fd.h"

namespace egresswatch::testing {

inline void enter_network_namespace(const UniqueFd& fd) {
  if (::setns(fd.get(), CLONE_NEWNET) != 0) throw std::system_error(errno, std::generic_category(), "setns");
}

inline UniqueFd current_network_namespace() {
  UniqueFd fd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!fd) throw std::system_error(errno, std::generic_category(), "/proc/thread-self/ns/net");
  return fd;
}

inline std::uint32_t namespace_inode(const UniqueFd& fd) {
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw std::system_error(errno, std::generic_category(), "fstat");
  return static_cast<std::uint32_t>(status.st_ino);
}

// A network namespace of the test's own, with nothing but a loopback device that is up. It ends with its last user.
class NetworkNamespace {
 public:
  // While one exists, the thread that made it is in the namespace.
  class Inside {
   public:
    explicit Inside(const NetworkNamespace& there) : home_(current_network_namespace()) {
      enter_network_namespace(there.fd_);
    }
    ~Inside() {
      // a test must not go on in a namespace that it does not expect
      if (::setns(home_.get(), CLONE_NEWNET) != 0) std::abort();
    }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

   private:
    UniqueFd home_;
  };

  NetworkNamespace() {
    const UniqueFd home = current_network_namespace();
    if (::unshare(CLONE_NEWNET) != 0) throw std::system_error(errno, std::generic_category(), "unshare");
    fd_ = current_network_namespace();
    enter_network_namespace(home);
    shell("ip link set lo up");
  }

  // Runs a command line inside.
  void shell(const std::string& command) const {
    const Inside inside(*this);
    if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
  }

  // sysctl("net.ipv4.tcp_syn_retries", "1"), with slashes instead of dots.
  void sysctl(const std::string& name, const std::string& value) const {
    const Inside inside(*this);
    std::ofstream file("/proc/sys/" + name);
    file << value << std::flush;
    if (!file) throw std::runtime_error("cannot set " + name);
  }

  // A device on whose far end nobody answers: what is sent to 192.0.2.0/24 or 2001:db8::/64 from here leaves the host
  // and vanishes. Only .9 and ::9 have a link-layer address. False on a kernel without veth.
  [[nodiscard]] bool add_silent_network() const {
    {
      const Inside inside(*this);
      if (std::system("ip link add silent0 type veth peer name silent1 2>/dev/null") != 0) return false;
    }
    shell(
        "ip addr add 192.0.2.1/24 dev silent0 && ip addr add 2001:db8::1/64 dev silent0 nodad && "
        "ip link set silent0 up && ip link set silent1 up && "
        "ip neigh replace 192.0.2.9 lladdr 02:00:00:00:00:09 dev silent0 nud permanent && "
        "ip neigh replace 2001:db8::9 lladdr 02:00:00:00:00:09 dev silent0 nud permanent");
    return true;
  }

  [[nodiscard]] std::uint32_t inode() const { return namespace_inode(fd_); }

 private:
  UniqueFd fd_;
};

}  // namespace egresswatch::testing
