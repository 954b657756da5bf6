// SPDX-License-Identifier: Apache-2.0
#include "app/saved_state.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <vector>

#include "base/archive.h"
#include "base/unique_fd.h"
#include "correlate/connection.h"

namespace egresswatch::app {
namespace {

using BootId = std::array<char, 36>;

constexpr std::array<char, 8> kMagic{'e', 'g', 'w', 's', 't', 'a', 't', 'e'};
// To be raised with what Pipeline::save_counters() writes: the counters of another format are not read.
constexpr std::uint32_t kCountersFormat = 1;
// To be raised with what Pipeline::save_rest() writes; a structure that has changed its size does that by itself.
constexpr std::uint32_t kRestFormat = 1;
constexpr std::uint64_t kRest = (std::uint64_t{kRestFormat} << 32) | sizeof(correlate::Connection);

struct Head {
  std::array<char, 8> magic{};
  std::uint32_t counters_format = 0;
  std::uint32_t pad = 0;
  std::uint64_t rest = 0;
  BootId boot{};
  std::uint32_t pad2 = 0;
  SavedState state;
};

// Zeros where the kernel does not say.
BootId boot_id() {
  BootId id{};
  const UniqueFd fd(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
  if (!fd || ::read(fd.get(), id.data(), id.size()) != static_cast<ssize_t>(id.size())) return {};
  return id;
}

// Empty if there is no such file.
Result<std::vector<std::byte>> read_own_file(const std::string& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd && errno == ENOENT) return std::vector<std::byte>{};
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) return Error::from_errno(errno, file);
  const bool own = status.st_uid == ::geteuid() || status.st_uid == 0;
  if (!S_ISREG(status.st_mode) || !own || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return Error{file + ": not a file that only this user can write", EPERM};
  std::vector<std::byte> bytes(static_cast<std::size_t>(status.st_size));
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t more = ::read(fd.get(), bytes.data() + have, bytes.size() - have);
    if (more < 0 && errno == EINTR) continue;
    if (more < 0) return Error::from_errno(errno, file);
    if (more == 0) break;
    have += static_cast<std::size_t>(more);
  }
  bytes.resize(have);
  return bytes;
}

}  // namespace

Result<> save_state(const std::string& file, const SavedState& state, const CarriedCounts& carried,
                    const Pipeline& pipeline) {
  const std::string fresh = file + ".new";
  const UniqueFd fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return Error::from_errno(errno, fresh);
  ArchiveWriter archive(fd.get());
  archive.put(Head{kMagic, kCountersFormat, 0, kRest, boot_id(), 0, state});
  carried.save(archive);
  pipeline.save_counters(archive);
  pipeline.save_rest(archive);
  if (auto written = archive.finish(); !written) return std::move(written).error().in(fresh);
  if (::rename(fresh.c_str(), file.c_str()) != 0) return Error::from_errno(errno, file);
  return {};
}

Result<Restored> restore_state(const std::string& file, std::uint32_t ring, std::uint64_t now_ns,
                               const std::function<Pipeline&()>& make_pipeline, SavedState& state,
                               CarriedCounts& carried) {
  const auto bytes = read_own_file(file);
  if (!bytes) return bytes.error();
  if (bytes->empty()) return Restored::nothing;
  ArchiveReader archive(*bytes);
  const auto head = archive.get<Head>();
  if (!archive.good() || head.magic != kMagic) return Error{file + ": not the state of a daemon"};
  if (head.boot != boot_id()) return Restored::nothing;
  if (head.counters_format != kCountersFormat)
    return Error{file + ": written by another version, whose counters cannot be read"};
  CarriedCounts counts;
  counts.restore(archive);
  Pipeline& pipeline = make_pipeline();
  if (!pipeline.restore_counters(archive)) {
    make_pipeline();
    return Error{file + ": damaged"};
  }
  state = head.state;
  carried = std::move(counts);
  if (head.rest != kRest || ring == 0 || head.state.position.ring != ring) {
    pipeline.begin_after(state.saved_ns);
    return Restored::counters;
  }
  if (pipeline.restore_rest(archive, now_ns)) return Restored::all;
  make_pipeline();
  carried = {};
  return Error{file + ": damaged"};
}

}  // namespace egresswatch::app
