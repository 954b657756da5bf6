// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace egresswatch::publish {

// Where sinks write their lines.
class LineOutput {
 public:
  LineOutput() = default;
  LineOutput(const LineOutput&) = delete;
  LineOutput& operator=(const LineOutput&) = delete;
  virtual ~LineOutput() = default;

  // The line comes without its newline.
  virtual void write_line(std::string_view line) = 0;
};

// Lines to a file descriptor, without ever waiting for it: a terminal that was stopped with Ctrl-S or a reader that
// hangs must not stop the event loop. What cannot be written yet is kept, up to kMaxPending bytes; further lines are
// left out as a whole, counted, and one line says how many, in the form of the others. SIGPIPE must be ignored by the
// process.
class FdLineOutput : public LineOutput {
 public:
  static constexpr std::size_t kMaxPending = 256 * 1024;

  // What the line about those that were left out looks like: a reader of JSON must be able to read it, too.
  enum class Notice { text, json };

  // Does not take fd; it must stay open as long as this.
  explicit FdLineOutput(int fd, Notice notice = Notice::text);

  void write_line(std::string_view line) override;
  // Writes what is pending, as far as it can be taken. Called by write_line(), and by the owner when nothing happens.
  void flush();

  [[nodiscard]] std::uint64_t lines_left_out() const { return left_out_; }

 private:
  [[nodiscard]] bool writable() const;
  void announce_left_out();

  int fd_;
  Notice notice_;
  UniqueFd own_;  // a description of our own, non-blocking, where the kernel gives one
  std::string pending_;
  std::uint64_t left_out_ = 0;
  std::uint64_t announced_ = 0;
};

}  // namespace egresswatch::publish
