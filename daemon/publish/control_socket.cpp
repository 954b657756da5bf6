// SPDX-License-Identifier: Apache-2.0
#include "publish/control_socket.h"

#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace egresswatch::publish {
namespace {

constexpr int kBacklog = 16;
constexpr mode_t kOwnerOnly = 0600;
constexpr mode_t kOwnerAndGroup = 0660;

UniqueFd make_socket() { return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)); }

// 0 or an errno value.
int call_with(int (*call)(int, const sockaddr*, socklen_t), int fd, const sockaddr_un& address) {
  return call(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
}

Error cannot_listen(const std::string& path, int error) {
  return Error::from_errno(error, "cannot listen on the control socket " + path);
}

// Of a daemon that was killed the file stays, and nobody listens.
Result<> remove_stale(const std::string& path, const sockaddr_un& address) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return cannot_listen(path, errno);
  if (!S_ISSOCK(status.st_mode))
    return Error{"cannot listen on the control socket " + path +
                     ": a file that is no socket has that name; remove it, or choose another with --control.socket",
                 EEXIST};
  const UniqueFd probe = make_socket();
  const int error = probe ? call_with(::connect, probe.get(), address) : errno;
  // EAGAIN: so many wait there already that there is no place for one more
  if (error == 0 || error == EAGAIN)
    return Error{"cannot listen on the control socket " + path +
                     ": another process listens there; stop it, or choose another with --control.socket",
                 EADDRINUSE};
  if (error != ECONNREFUSED) return cannot_listen(path, error);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return cannot_listen(path, errno);
  return {};
}

// Before anybody can connect: nobody listens yet.
bool give_to_group(const std::string& path, gid_t group) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return false;
  constexpr auto kSameOwner = static_cast<uid_t>(-1);
  return status.st_gid == group || ::chown(path.c_str(), kSameOwner, group) == 0;
}

std::vector<gid_t> supplementary_groups(int fd) {
  std::vector<gid_t> groups(32);
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    const int result = ::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size);
    const int error = result == 0 ? 0 : errno;
    // on ERANGE the kernel has said how much it needs: at most NGROUPS_MAX, 65536
    groups.resize(result == 0 || error == ERANGE ? size / sizeof(gid_t) : 0);
    if (error != ERANGE) return groups;
  }
  return {};
}

}  // namespace

std::optional<gid_t> find_group(const char* name) {
  group entry{};
  group* found = nullptr;
  std::vector<char> buffer(16 * 1024);
  if (::getgrnam_r(name, &entry, buffer.data(), buffer.size(), &found) != 0 || !found) return std::nullopt;
  return found->gr_gid;
}

Result<UniqueFd> open_control_socket(const std::string& path, std::optional<gid_t> group) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return cannot_listen(path, ENAMETOOLONG);
  std::memcpy(address.sun_path, path.data(), path.size());

  UniqueFd fd = make_socket();
  if (!fd) return cannot_listen(path, errno);
  int error = call_with(::bind, fd.get(), address);
  if (error == EADDRINUSE) {
    if (auto removed = remove_stale(path, address); !removed) return removed.error();
    error = call_with(::bind, fd.get(), address);
  }
  if (error != 0) return cannot_listen(path, error);

  const bool shared = group && give_to_group(path, *group);
  if (::chmod(path.c_str(), shared ? kOwnerAndGroup : kOwnerOnly) != 0 || ::listen(fd.get(), kBacklog) != 0) {
    error = errno;
    ::unlink(path.c_str());
    return cannot_listen(path, error);
  }
  return {boost::system::in_place_value, std::move(fd)};
}

bool peer_may_ask(int fd, std::optional<gid_t> group) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  if (peer.uid == 0 || peer.uid == ::geteuid()) return true;
  if (!group) return false;
  return peer.gid == *group || std::ranges::count(supplementary_groups(fd), *group) > 0;
}

}  // namespace egresswatch::publish
