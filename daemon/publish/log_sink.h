// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "publish/event_sink.h"

namespace egresswatch::publish {

// One sentence per outcome to the log, at most so many per second; failures are warnings, everything else information.
// The rate is a token bucket. Information may use the upper half of it only: when a host is busy, its failures still
// come through. Lines beyond the rate are counted, and one line per interval says how many.
class LogSink : public EventSink {
 public:
  struct Limits {
    std::uint32_t lines_per_second = 20;
    std::uint32_t burst = 100;
    std::uint64_t summary_interval_ns = 60'000'000'000;
  };
  // A property of what a line is about, for logs that keep more than text. The value may be any bytes.
  struct Field {
    std::string_view name;
    std::string_view value;
  };
  using Emit = std::function<void(log::Level, std::string_view line, std::span<const Field>)>;
  using Clock = std::function<std::uint64_t()>;  // monotonic nanoseconds

  LogSink(Emit emit, Clock clock) : LogSink(std::move(emit), std::move(clock), Limits{}) {}
  LogSink(Emit emit, Clock clock, Limits limits);

  void connection(const ConnectionReport& report) override;
  void dns(const DnsReport& report) override;
  // Of those that were not expected only.
  void flow(const FlowReport& report) override;

  // Says what was left out if the interval is over. Called on each outcome; the owner calls it when nothing happens.
  void summarise();

 private:
  bool take_token(log::Level level);
  void field(std::string_view name, std::string_view value);  // left out if it is empty
  template <typename Report>
  void fields_of_endpoint(const Report& report);
  void emit(log::Level level);

  Emit emit_;
  Clock clock_;
  Limits limits_;
  std::uint64_t tokens_;  // in billionths of a line
  std::uint64_t refilled_ns_;
  std::uint64_t summary_due_ns_ = 0;  // 0 = nothing was left out
  std::uint64_t left_out_ = 0;
  std::uint64_t left_out_failures_ = 0;
  std::string line_;
  std::string pid_;
  std::string remote_;
  std::vector<Field> fields_;
};

}  // namespace egresswatch::publish
