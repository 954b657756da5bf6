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
// and in the wide form, with the date and in UTC, so that hosts can be compared:
//
//   time  verdict  unit  process[pid]  uid  service  host or address  name source  local  remote  sent/received  what
//   ...
//
// A longer value pushes the rest of its line to the right; nothing is cut. Names are escaped as append_plain() does.
class CompactSink : public EventSink {
 public:
  enum class Columns { compact, wide };

  CompactSink(LineOutput& output, bool colour, Columns columns = Columns::compact)
      : output_(output), colour_(colour), wide_(columns == Columns::wide) {}

  void connection(const ConnectionReport& report) override;
  void dns(const DnsReport& report) override;
  // Of those that were not expected only.
  void flow(const FlowReport& report) override;

 private:
  void begin(std::uint64_t wall_ns, std::string_view verdict, std::string_view colour);
  // What connections and flows have in common.
  template <typename Report>
  void who_and_where(const Report& report);
  void column(std::string_view text, std::size_t width);
  void host_column(std::string_view host, const IpAddress& address);
  void process_column(std::string_view process, std::uint32_t pid);
  void uid_column(std::uint32_t uid, bool known);
  void endpoint_column(const Endpoint& endpoint);
  void bytes_column(std::uint64_t sent, std::uint64_t received);
  void start_colour(std::string_view code);
  void end_colour();

  LineOutput& output_;
  bool colour_;
  bool wide_;
  std::string line_;
};

}  // namespace egresswatch::publish
