// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "capture/recording.h"
#include "capture/source.h"

namespace egresswatch::capture {

// Records from a file, as fast as the pipeline takes them. The file is foreign bytes: sizes are bounded here, contents
// are checked by decode. A recording that ends in the middle of a record is read up to there and truncated() is true.
class ReplaySource final : public Source {
 public:
  // on_end is called once, after the last batch.
  static Result<std::unique_ptr<ReplaySource>> open(boost::asio::io_context& io, const std::string& path,
                                                    std::function<void()> on_end);

  Result<> start(RecordHandler& handler) override;
  void stop() override { handler_ = nullptr; }
  void poll() override {}
  egw_totals totals() const override { return totals_; }
  const std::vector<Probe>& probes() const override { return no_probes_; }
  bool resynchronise() override { return false; }

  // Add to a record's time for nanoseconds since 1970 UTC.
  [[nodiscard]] std::uint64_t wall_offset_ns() const { return wall_offset_ns_; }
  [[nodiscard]] bool truncated() const { return truncated_; }

 private:
  // No record of ours is longer: a DNS record with the largest payload.
  static constexpr std::size_t kMaxRecord = sizeof(egw_dns) + EGW_DNS_PAYLOAD_MAX;

  ReplaySource(boost::asio::io_context& io, File file, std::function<void()> on_end);
  void next_batch();
  // The next record, valid until the next call; nothing at the end.
  std::span<const std::byte> read_record();
  // Whether so many bytes that were not taken yet are in the buffer, if need be by reading more.
  bool fill(std::size_t bytes);

  boost::asio::io_context& io_;
  File file_;
  std::function<void()> on_end_;
  RecordHandler* handler_ = nullptr;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0;  // of what was read and not taken
  std::size_t end_ = 0;
  egw_totals totals_{};
  std::uint64_t wall_offset_ns_ = 0;
  bool truncated_ = false;
  std::vector<Probe> no_probes_;
};

}  // namespace egresswatch::capture
