// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "publish/line_output.h"

namespace egresswatch::publish {

// Lines at the end of a file, for whatever ships them elsewhere. They are written a buffer at a time, by flush(), and
// always whole: what a full disk did not take is kept, up to kMaxPending bytes, and tried again; lines beyond are lost
// and counted. A file that was renamed goes on being written to until reopen(), as logrotate(8) expects.
class EventFile : public LineOutput {
 public:
  static constexpr std::size_t kFullBuffer = 64 * 1024;
  static constexpr std::size_t kMaxPending = std::size_t{1024} * 1024;

  enum class Loss : std::uint8_t { disk_full, io_error, not_writable };
  static constexpr std::array<std::string_view, 3> kLossNames{"disk_full", "io_error", "not_writable"};

  explicit EventFile(std::string path) : path_(std::move(path)) {}

  // Opens the file, which is made with mode 0640; what is pending goes to the file that was open before, if it can. An
  // error is one sentence; lines are kept, and lost, as on a full disk until another call succeeds.
  Result<> reopen();
  void write_line(std::string_view line) override;
  void flush();

  // Lines, by reason.
  [[nodiscard]] const std::array<std::uint64_t, kLossNames.size()>& losses() const { return losses_; }

 private:
  std::string path_;
  UniqueFd file_;
  std::string pending_;
  Loss trouble_ = Loss::not_writable;  // of the last attempt that failed
  std::array<std::uint64_t, kLossNames.size()> losses_{};
};

}  // namespace egresswatch::publish
