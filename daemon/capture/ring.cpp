// SPDX-License-Identifier: Apache-2.0
#include "capture/ring.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace egresswatch::capture {

Ring::Ring(boost::asio::io_context& io, RingMemory memory, volatile egw_wakeup& shared, RecordHandler& handler)
    : memory_(std::move(memory)),
      shared_(shared),
      handler_(handler),
      taken_(shared.released_records),
      readable_(io),
      tick_(io) {}

Ring::~Ring() {
  if (readable_.is_open()) readable_.release();
}

Result<std::unique_ptr<Ring>> Ring::make(boost::asio::io_context& io, int map_fd, volatile egw_wakeup& shared,
                                         RecordHandler& handler) {
  auto memory = RingMemory::map(map_fd);
  if (!memory) return memory.error();
  std::unique_ptr<Ring> self(new Ring(io, std::move(*memory), shared, handler));
  boost::system::error_code error;
  self->readable_.assign(map_fd, error);
  if (error) return Error{"watching the ring buffer: " + error.message(), error.value()};
  return self;
}

void Ring::start() {
  wait_readable();
  // the first tick finds an empty ring and hands over to the kernel's wake-ups
  arm_tick();
}

void Ring::stop() {
  stopped_ = true;
  if (readable_.is_open()) readable_.release();
  tick_.cancel();
}

void Ring::skip_to(std::uint64_t position, std::uint64_t taken) {
  if (memory_.skip_to(position)) taken_ = taken;
}

void Ring::release() {
  // not for each record: programs on other processors read what lies beside it
  if (full_) shared_.released_records = taken_;
  memory_.release();
}

void Ring::drain_all() {
  const std::uint64_t end = memory_.produced();
  for (bool more = true; more && memory_.position() < end;) drain(more);
}

int Ring::drain(bool& stopped_early) {
  const std::uint64_t most_held = memory_.capacity() / kHeldShare;
  int in_batch = 0;
  const auto take = [this](std::span<const std::byte> record) {
    handler_.on_record(record);
    ++taken_;
  };
  while (in_batch < kBatch && !(full_ && memory_.held() >= most_held) && memory_.next(take)) {
    ++in_batch;
    if (!full_) release();
  }
  const bool full = full_ && memory_.held() >= most_held;
  stopped_early = in_batch >= kBatch || full;
  if (in_batch > 0) handler_.on_batch_end();
  if (full) full_();
  return in_batch;
}

void Ring::wait_readable() {
  readable_.async_wait(boost::asio::posix::descriptor_base::wait_read, [this](boost::system::error_code error) {
    if (error || stopped_) return;
    drain_and_continue();
    wait_readable();
  });
}

void Ring::drain_and_continue() {
  if (stopped_) return;
  bool more = false;
  const int taken = drain(more);
  if (more) {
    boost::asio::post(tick_.get_executor(), [this] { drain_and_continue(); });
    return;
  }
  if (taken > 0) shared_.consumer_asleep = 0;
  if (!ticking_) arm_tick();
}

void Ring::arm_tick() {
  ticking_ = true;
  tick_.expires_after(kTick);
  tick_.async_wait([this](boost::system::error_code error) {
    if (!error && !stopped_) on_tick();
  });
}

void Ring::on_tick() {
  ticking_ = false;
  bool more = false;
  if (drain(more) > 0) {
    shared_.consumer_asleep = 0;
    if (more)
      boost::asio::post(tick_.get_executor(), [this] { drain_and_continue(); });
    else
      arm_tick();
  } else if (shared_.consumer_asleep == 0) {
    shared_.consumer_asleep = 1;
    arm_tick();
  }
}

}  // namespace egresswatch::capture
