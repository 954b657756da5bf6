// SPDX-License-Identifier: Apache-2.0
#include "capture/network_namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>

#include <cctype>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>

#include "base/unique_fd.h"

namespace egresswatch::capture {
namespace {

namespace fs = std::filesystem;

class Visitor {
 public:
  explicit Visitor(const std::function<void()>& visit) : visit_(visit) {}

  // Enters the namespace behind path if it was not visited yet.
  void enter(const std::string& path) {
    struct stat status {};
    // the kernel follows the link without a descriptor; most processes share one namespace
    if (::stat(path.c_str(), &status) != 0 || !seen_.insert(status.st_ino).second) return;
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd || ::setns(fd.get(), CLONE_NEWNET) != 0) {
      ++refused_;
      return;
    }
    left_home_ = true;
    visit_();
  }

  void begin_at(const UniqueFd& home) {
    struct stat status {};
    if (::fstat(home.get(), &status) == 0) seen_.insert(status.st_ino);
    visit_();
  }

  [[nodiscard]] bool left_home() const { return left_home_; }
  [[nodiscard]] std::size_t refused() const { return refused_; }

 private:
  const std::function<void()>& visit_;
  std::set<ino_t> seen_;
  std::size_t refused_ = 0;
  bool left_home_ = false;
};

bool is_pid(const std::string& name) {
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) != 0;
}

}  // namespace

std::size_t for_each_network_namespace(const std::function<void()>& visit) {
  const UniqueFd home(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  Visitor visitor(visit);
  visitor.begin_at(home);
  if (!home) return 0;

  std::error_code error;
  for (fs::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error))
    if (is_pid(it->path().filename())) visitor.enter(it->path().string() + "/ns/net");
  error.clear();
  for (fs::directory_iterator it("/run/netns", error), end; !error && it != end; it.increment(error))
    visitor.enter(it->path().string());

  if (visitor.left_home() && ::setns(home.get(), CLONE_NEWNET) != 0)
    std::terminate();  // cannot happen with the rights to leave
  return visitor.refused();
}

}  // namespace egresswatch::capture
