// SPDX-License-Identifier: Apache-2.0
#include "capture/ring.h"

#include <bpf/libbpf.h>

#include <boost/asio/post.hpp>
#include <cerrno>

namespace egresswatch::capture {

void Ring::Deleter::operator()(ring_buffer* ring) const { ring_buffer__free(ring); }

Ring::Ring(boost::asio::io_context& io, volatile std::uint32_t& asleep, RecordHandler& handler)
    : asleep_(asleep), handler_(handler), readable_(io), tick_(io) {}

Ring::~Ring() {
  if (readable_.is_open()) readable_.release();
}

Result<std::unique_ptr<Ring>> Ring::make(boost::asio::io_context& io, int map_fd, volatile std::uint32_t& asleep,
                                         RecordHandler& handler) {
  std::unique_ptr<Ring> self(new Ring(io, asleep, handler));
  self->ring_.reset(ring_buffer__new(map_fd, &Ring::on_sample, self.get(), nullptr));
  if (!self->ring_) return Error::from_errno(errno, "mapping the ring buffer");
  boost::system::error_code error;
  self->readable_.assign(ring_buffer__epoll_fd(self->ring_.get()), error);
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

void Ring::drain_all() {
  for (bool more = true; more;) drain(more);
}

int Ring::on_sample(void* context, void* data, std::size_t size) {
  auto& self = *static_cast<Ring*>(context);
  self.handler_.on_record({static_cast<const std::byte*>(data), size});
  // libbpf counts this record as consumed even when told to stop
  return ++self.in_batch_ < kBatch ? 0 : -EAGAIN;
}

int Ring::drain(bool& stopped_early) {
  in_batch_ = 0;
  ring_buffer__consume(ring_.get());
  stopped_early = in_batch_ >= kBatch;
  if (in_batch_ > 0) handler_.on_batch_end();
  return in_batch_;
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
  if (taken > 0) asleep_ = 0;
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
    asleep_ = 0;
    if (more)
      boost::asio::post(tick_.get_executor(), [this] { drain_and_continue(); });
    else
      arm_tick();
  } else if (asleep_ == 0) {
    asleep_ = 1;
    arm_tick();
  }
}

}  // namespace egresswatch::capture
