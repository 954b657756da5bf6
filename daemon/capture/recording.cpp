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
  // payloads of DNS messages are nobody else's business
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

void Recorder::on_record(std::span<const std::byte> record) {
  egw_dns dns;
  if (record.size() >= sizeof dns) std::memcpy(&dns, record.data(), sizeof dns);
  if (record.size() >= sizeof dns && dns.header.type == EGW_DNS && dns.payload_length <= record.size() - sizeof dns) {
    // behind the payload lies what the ring held before: of other events, and not for a file
    dns.header.size = static_cast<__u32>(sizeof dns) + dns.payload_length;
    write(&dns, sizeof dns);
    write(record.data() + sizeof dns, dns.payload_length);
  } else {
    write(record.data(), record.size());
  }
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
