// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "publish/event_sink.h"
#include "publish/line_output.h"

namespace egresswatch::publish {

// One line for people per outcome, in columns:
//
//   time  verdict  unit  process[pid]  service  host or address  remote  what happened
//
// A longer value pushes the rest of its line to the right; nothing is cut. Names are escaped as append_plain() does.
class CompactSink : public EventSink {
 public:
  CompactSink(LineOutput& output, bool colour) : output_(output), colour_(colour) {}

  void connection(const ConnectionReport& report) override;
  void dns(const DnsReport& report) override;

 private:
  void begin(std::uint64_t wall_ns, std::string_view verdict, std::string_view colour);
  void column(std::string_view text, std::size_t width);
  void process_column(std::string_view process, std::uint32_t pid);
  void endpoint_column(const Endpoint& endpoint);
  void start_colour(std::string_view code);
  void end_colour();

  LineOutput& output_;
  bool colour_;
  std::string line_;
};

}  // namespace egresswatch::publish
