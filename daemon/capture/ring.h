// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "base/result.h"
#include "capture/ring_memory.h"
#include "capture/source.h"

namespace egresswatch::capture {

// Reads a BPF ring buffer on an io_context with few wake-ups.
//
// While records come, a timer drains the ring and the kernel wakes nobody. When a tick finds the ring empty, the reader
// says so in `consumer_asleep`, which lies in memory shared with the programs: the next record then wakes it. A program
// that had looked at it just before it was set submits its record without a wake-up, so one more tick follows before
// the timer stops.
//
// Records are given back to the kernel as they are taken, or, after hold(), when the caller says that it will never
// need them again: what is not given back is read again by the next process that opens the ring.
class Ring {
 public:
  static constexpr std::chrono::milliseconds kTick{8};
  // A batch ends here, so that other work of the loop is not held up; the rest follows in the next turn.
  static constexpr int kBatch = 4096;
  // What is held is missing from the room for what comes.
  static constexpr std::uint64_t kHeldShare = 8;

  // The descriptor stays the caller's, and must live as long as the ring.
  static Result<std::unique_ptr<Ring>> make(boost::asio::io_context& io, int map_fd, volatile egw_wakeup& shared,
                                            RecordHandler& handler);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // To be called before anything is taken. `full` is called whenever 1/kHeldShare of the ring is held, and must
  // release().
  void hold(std::function<void()> full) { full_ = std::move(full); }
  // Where the next record will be taken, in bytes since the ring was made, and how many were taken in that time.
  [[nodiscard]] std::uint64_t position() const { return memory_.position(); }
  [[nodiscard]] std::uint64_t taken() const { return taken_; }
  // Leaves out what was taken before by somebody who did not come to give it back: up to this position, `taken`
  // records.
  void skip_to(std::uint64_t position, std::uint64_t taken);
  // Gives back what was taken so far.
  void release();

  void start();
  // Delivers nothing more by itself. Handlers that wait in the io_context find the object as long as it exists: destroy
  // it when the io_context runs no more, or has run since.
  void stop();
  // Takes out what is there now, also after start() was never called; what comes meanwhile may stay.
  void drain_all();

 private:
  Ring(boost::asio::io_context& io, RingMemory memory, volatile egw_wakeup& shared, RecordHandler& handler);
  void wait_readable();
  void arm_tick();
  void on_tick();
  // Number of records taken; `stopped_early` if a batch was full.
  int drain(bool& stopped_early);
  void drain_and_continue();

  RingMemory memory_;
  volatile egw_wakeup& shared_;
  RecordHandler& handler_;
  std::function<void()> full_;
  std::uint64_t taken_ = 0;
  bool ticking_ = false;
  bool stopped_ = false;
  // Its descriptor belongs to libbpf and is released, not closed.
  boost::asio::posix::stream_descriptor readable_;
  boost::asio::steady_timer tick_;
};

}  // namespace egresswatch::capture
