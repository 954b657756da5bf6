// SPDX-License-Identifier: Apache-2.0
#include "capture/replay_source.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>

#include "capture/ring.h"
#include "egresswatch/abi/recording.h"

namespace egresswatch::capture {

ReplaySource::ReplaySource(boost::asio::io_context& io, File file, std::function<void()> on_end)
    : io_(io), file_(std::move(file)), on_end_(std::move(on_end)) {
  record_.reserve(kMaxRecord);
}

Result<std::unique_ptr<ReplaySource>> ReplaySource::open(boost::asio::io_context& io, const std::string& path,
                                                         std::function<void()> on_end) {
  File file(std::fopen(path.c_str(), "rbe"));
  if (!file) return Error::from_errno(errno, "cannot read the recording " + path);
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

bool ReplaySource::read_record() {
  egw_header header;
  const std::size_t got = std::fread(&header, 1, sizeof header, file_.get());
  if (got == 0) return false;
  if (got != sizeof header || header.size < sizeof header || header.size > kMaxRecord) {
    truncated_ = true;
    return false;
  }
  record_.resize(header.size);
  std::memcpy(record_.data(), &header, sizeof header);
  const std::size_t rest = header.size - sizeof header;
  if (std::fread(record_.data() + sizeof header, 1, rest, file_.get()) != rest) {
    truncated_ = true;
    return false;
  }
  if (header.type == EGW_COUNTERS && header.size == sizeof(egw_counters)) {
    egw_counters counters;
    std::memcpy(&counters, record_.data(), sizeof counters);
    std::copy(std::begin(counters.produced), std::end(counters.produced), totals_.produced);
    std::copy(std::begin(counters.lost), std::end(counters.lost), totals_.lost);
  }
  return true;
}

void ReplaySource::next_batch() {
  for (int i = 0; handler_ && i < Ring::kBatch; ++i) {
    if (!read_record()) {
      handler_->on_batch_end();
      on_end_();
      return;
    }
    handler_->on_record(record_);
  }
  if (!handler_) return;
  handler_->on_batch_end();
  boost::asio::post(io_, [this] { next_batch(); });
}

}  // namespace egresswatch::capture
