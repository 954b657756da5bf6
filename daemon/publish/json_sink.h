// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "publish/event_sink.h"
#include "publish/line_output.h"

namespace egresswatch::publish {

// One JSON object per line. A key whose value is unknown is absent; numbers are integers, durations nanoseconds.
//
// Every object: type ("connection" or "dns"), time (RFC 3339, UTC), verdict, service, unit, process, pid, message (the
// sentence of sentences.h).
// connection: verdict ok, failed, cancelled or closed; host, name_source, uid, netns, local, remote ("address:port"),
//   family ("ipv4" or "ipv6"), stage, cause, connect_latency_ns, duration_ns, syn_retransmits, retransmits, sent_bytes,
//   received_bytes, srtt_us, error (ECONNREFUSED, ...).
// dns: verdict ok or failed; question, question_type, rcode, rcode_number (none of the two without an answer), cause,
//   duration_ns, resolver, address_count, first_address, cname_tail.
class JsonSink : public EventSink {
 public:
  explicit JsonSink(LineOutput& output) : output_(output) {}

  void connection(const ConnectionReport& report) override;
  void dns(const DnsReport& report) override;
  // Of those that were not expected only.
  void flow(const FlowReport& report) override;

 private:
  void begin(std::string_view type, std::uint64_t wall_ns, std::string_view verdict);
  void key(std::string_view name);
  void text(std::string_view name, std::string_view value);  // absent if empty
  void number(std::string_view name, std::uint64_t value);
  void number_unless_zero(std::string_view name, std::uint64_t value);
  void flag(std::string_view name, bool value);
  // What connections and flows have in common.
  template <typename Report>
  void who_and_what(const Report& report);
  void evidence(const Evidence& seen);
  void endpoint(std::string_view name, const Endpoint& value);
  template <typename Report>
  void finish(const Report& report);

  LineOutput& output_;
  std::string line_;
  std::string message_;
};

}  // namespace egresswatch::publish
