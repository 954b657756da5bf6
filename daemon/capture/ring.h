// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/result.h"
#include "capture/source.h"

struct ring_buffer;

namespace egresswatch::capture {

// Reads a BPF ring buffer on an io_context with few wake-ups.
//
// While records come, a timer drains the ring and the kernel wakes nobody. When a tick finds the ring empty, the reader
// says so in `asleep`, which lies in memory shared with the programs: the next record then wakes it. A program that had
// looked at `asleep` just before it was set submits its record without a wake-up, so one more tick follows before the
// timer stops.
class Ring {
 public:
  static constexpr std::chrono::milliseconds kTick{8};
  // A batch ends here, so that other work of the loop is not held up; the rest follows in the next turn.
  static constexpr int kBatch = 4096;

  static Result<std::unique_ptr<Ring>> make(boost::asio::io_context& io, int map_fd, volatile std::uint32_t& asleep,
                                            RecordHandler& handler);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  void start();
  // Delivers nothing more by itself. Handlers that wait in the io_context find the object as long as it exists: destroy
  // it when the io_context runs no more, or has run since.
  void stop();
  // Takes out what is there, also after start() was never called.
  void drain_all();

 private:
  struct Deleter {
    void operator()(ring_buffer* ring) const;
  };

  Ring(boost::asio::io_context& io, volatile std::uint32_t& asleep, RecordHandler& handler);
  static int on_sample(void* context, void* data, std::size_t size);
  void wait_readable();
  void arm_tick();
  void on_tick();
  // Number of records taken; `stopped_early` if a batch was full.
  int drain(bool& stopped_early);
  void drain_and_continue();

  volatile std::uint32_t& asleep_;
  RecordHandler& handler_;
  int in_batch_ = 0;
  bool ticking_ = false;
  bool stopped_ = false;
  std::unique_ptr<ring_buffer, Deleter> ring_;
  // Declared after ring_, hence destroyed first; its descriptor belongs to libbpf and is released, not closed.
  boost::asio::posix::stream_descriptor readable_;
  boost::asio::steady_timer tick_;
};

}  // namespace egresswatch::capture
