// SPDX-License-Identifier: Apache-2.0
#include "capture/recording.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "egresswatch/abi/recording.h"

namespace egresswatch::capture {

Result<std::unique_ptr<Recorder>> Recorder::create(const std::string& path) {
  // names and payloads are nobody else's business
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!fd) return Error::from_errno(errno, "cannot write a recording to " + path);
  File file(::fdopen(fd.get(), "wb"));
  if (!file) return Error::from_errno(errno, path);
  (void)fd.release();

  std::unique_ptr<Recorder> self(new Recorder(std::move(file)));
  egw_recording start{};
  static_assert(sizeof EGW_RECORDING_MAGIC == sizeof start.magic);
  std::memcpy(start.magic, EGW_RECORDING_MAGIC, sizeof start.magic);
  start.abi_version = EGW_ABI_VERSION;
  start.header_size = sizeof start;
  start.wall_offset_ns = wall_ns() - monotonic_ns();
  utsname system{};
  if (::uname(&system) == 0) {
    const std::size_t length = std::min(std::strlen(system.release), sizeof start.kernel - 1);
    std::memcpy(start.kernel, system.release, length);
  }
  self->write(&start, sizeof start);
  if (self->error_) return Error::from_errno(self->error_, path);
  return self;
}

void Recorder::write(const void* data, std::size_t size) {
  if (!error_ && std::fwrite(data, 1, size, file_.get()) != size) error_ = errno;
}

// Behind the payload lies what the ring held before: of other events, and not for a file.
template <typename Start>
bool Recorder::write_trimmed(std::span<const std::byte> record) {
  Start start;
  if (record.size() < sizeof start) return false;
  std::memcpy(&start, record.data(), sizeof start);
  if (start.payload_length > record.size() - sizeof start) return false;
  start.header.size = static_cast<__u32>(sizeof start) + start.payload_length;
  write(&start, sizeof start);
  write(record.data() + sizeof start, start.payload_length);
  return true;
}

void Recorder::on_record(std::span<const std::byte> record) {
  egw_header header{};
  if (record.size() >= sizeof header) std::memcpy(&header, record.data(), sizeof header);
  bool written = false;
  if (header.type == EGW_DNS) written = write_trimmed<egw_dns>(record);
  if (header.type == EGW_TCP_PAYLOAD) written = write_trimmed<egw_tcp_payload>(record);
  if (!written) write(record.data(), record.size());
  if (!error_) ++written_;
}

Result<> Recorder::finish(const egw_totals& totals) {
  egw_counters counters{};
  counters.header = {EGW_COUNTERS, sizeof counters, monotonic_ns()};
  std::copy(std::begin(totals.produced), std::end(totals.produced), counters.produced);
  std::copy(std::begin(totals.lost), std::end(totals.lost), counters.lost);
  write(&counters, sizeof counters);
  if (!error_ && std::fflush(file_.get()) != 0) error_ = errno;
  if (error_) return Error::from_errno(error_, "writing the recording");
  return {};
}

}  // namespace egresswatch::capture
