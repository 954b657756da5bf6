// SPDX-License-Identifier: Apache-2.0
#include "capture/replay_source.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "capture/ring.h"
#include "egresswatch/abi/recording.h"

namespace egresswatch::capture {

ReplaySource::ReplaySource(boost::asio::io_context& io, File file, std::function<void()> on_end)
    : io_(io), file_(std::move(file)), on_end_(std::move(on_end)) {
  // a call to the kernel for every 4 kB takes a quarter of the time of a replay
  constexpr std::size_t kBufferBytes = 262'144;
  static_assert(kBufferBytes >= kMaxRecord);
  buffer_.resize(kBufferBytes);
}

Result<std::unique_ptr<ReplaySource>> ReplaySource::open(boost::asio::io_context& io, const std::string& path,
                                                         std::function<void()> on_end) {
  File file(std::fopen(path.c_str(), "rbe"));
  if (!file) return Error::from_errno(errno, "cannot read the recording " + path);
  std::setvbuf(file.get(), nullptr, _IONBF, 0);  // records are read past it
  egw_recording start{};
  if (std::fread(&start, 1, sizeof start, file.get()) != sizeof start ||
      std::memcmp(start.magic, EGW_RECORDING_MAGIC, sizeof start.magic) != 0)
    return Error{path + ": not a recording of egresswatch"};
  if (start.abi_version != EGW_ABI_VERSION || start.header_size != sizeof start)
    return Error{path + ": recorded in format " + std::to_string(start.abi_version) + ", this version reads format " +
                 std::to_string(EGW_ABI_VERSION)};
  std::unique_ptr<ReplaySource> self(new ReplaySource(io, std::move(file), std::move(on_end)));
  self->wall_offset_ns_ = start.wall_offset_ns;
  return self;
}

Result<> ReplaySource::start(RecordHandler& handler) {
  handler_ = &handler;
  boost::asio::post(io_, [this] { next_batch(); });
  return {};
}

bool ReplaySource::fill(std::size_t bytes) {
  if (end_ - begin_ >= bytes) return true;
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), buffer_.begin() + static_cast<std::ptrdiff_t>(end_),
            buffer_.begin());
  end_ -= begin_;
  begin_ = 0;
  while (end_ < bytes) {
    const ssize_t got = ::read(::fileno(file_.get()), buffer_.data() + end_, buffer_.size() - end_);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    end_ += static_cast<std::size_t>(got);
  }
  return true;
}

std::span<const std::byte> ReplaySource::read_record() {
  egw_header header;
  if (!fill(sizeof header)) {
    truncated_ = end_ != begin_;
    return {};
  }
  std::memcpy(&header, buffer_.data() + begin_, sizeof header);
  if (header.size < sizeof header || header.size > kMaxRecord || !fill(header.size)) {
    truncated_ = true;
    return {};
  }
  const auto record = std::span(buffer_).subspan(begin_, header.size);
  begin_ += header.size;
  if (header.type == EGW_COUNTERS && header.size == sizeof(egw_counters)) {
    egw_counters counters;
    std::memcpy(&counters, record.data(), sizeof counters);
    std::copy(std::begin(counters.produced), std::end(counters.produced), totals_.produced);
    std::copy(std::begin(counters.lost), std::end(counters.lost), totals_.lost);
  }
  return record;
}

void ReplaySource::next_batch() {
  for (int i = 0; handler_ && i < Ring::kBatch; ++i) {
    const auto record = read_record();
    if (record.empty()) {
      handler_->on_batch_end();
      on_end_();
      return;
    }
    handler_->on_record(record);
  }
  if (!handler_) return;
  handler_->on_batch_end();
  boost::asio::post(io_, [this] { next_batch(); });
}

}  // namespace egresswatch::capture
