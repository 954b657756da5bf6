// SPDX-License-Identifier: Apache-2.0
#include "publish/json_sink.h"

#include <sys/socket.h>

#include "egresswatch/model/rcode.h"
#include "publish/sentences.h"
#include "publish/text.h"

namespace egresswatch::publish {
namespace {

std::string_view family_name(std::uint16_t family) {
  if (family == AF_INET) return "ipv4";
  if (family == AF_INET6) return "ipv6";
  return {};
}

}  // namespace

void JsonSink::connection(const ConnectionReport& report) {
  begin("connection", report.wall_time_ns, to_string(report.verdict));
  text("service", report.service);
  text("host", report.host);
  text("name_source", to_string(report.name_source));
  text("unit", report.unit);
  text("process", report.process);
  if (report.pid != 0) {
    number("pid", report.pid);
    number("uid", report.uid);
  }
  number_unless_zero("netns", report.netns);
  if (report.local.port != 0) endpoint("local", report.local);
  endpoint("remote", report.remote);
  text("family", family_name(report.family));
  if (report.verdict == Verdict::failed) {
    text("stage", to_string(report.stage));
    text("cause", to_string(report.cause));
  }
  number_unless_zero("connect_latency_ns", report.connect_latency_ns);
  number_unless_zero("duration_ns", report.duration_ns);
  number("syn_retransmits", report.syn_retransmits);
  number("retransmits", report.retransmits);
  number("sent_bytes", report.bytes_sent);
  number("received_bytes", report.bytes_received);
  number_unless_zero("srtt_us", report.srtt_us);
  if (report.error != 0) {
    key("error");
    line_ += '"';
    append_error_name(line_, report.error);
    line_ += '"';
  }
  finish(report);
}

void JsonSink::dns(const DnsReport& report) {
  begin("dns", report.wall_time_ns, report.cause == DnsCause::none ? "ok" : "failed");
  text("service", report.service);
  text("unit", report.unit);
  text("process", report.process);
  number_unless_zero("pid", report.pid);
  text("question", report.question);
  key("question_type");
  line_ += '"';
  append_dns_type(line_, report.question_type);
  line_ += '"';
  if (report.cause != DnsCause::no_answer) {
    text("rcode", rcode_name(report.rcode));
    number("rcode_number", report.rcode);
  }
  if (report.cause != DnsCause::none) text("cause", to_string(report.cause));
  number_unless_zero("duration_ns", report.duration_ns);
  endpoint("resolver", report.resolver);
  number("address_count", report.address_count);
  if (report.address_count > 0) {
    key("first_address");
    line_ += '"';
    append_address(line_, report.first_address);
    line_ += '"';
  }
  text("cname_tail", report.cname_tail);
  finish(report);
}

void JsonSink::begin(std::string_view type, std::uint64_t wall_ns, std::string_view verdict) {
  line_ = R"({"type":")";
  line_ += type;
  line_ += R"(","time":")";
  append_timestamp(line_, wall_ns);
  line_ += '"';
  text("verdict", verdict);
}

void JsonSink::key(std::string_view name) {
  line_ += ",\"";
  line_ += name;
  line_ += "\":";
}

void JsonSink::text(std::string_view name, std::string_view value) {
  if (value.empty()) return;
  key(name);
  append_json_string(line_, value);
}

void JsonSink::number(std::string_view name, std::uint64_t value) {
  key(name);
  append_number(line_, value);
}

void JsonSink::number_unless_zero(std::string_view name, std::uint64_t value) {
  if (value != 0) number(name, value);
}

void JsonSink::endpoint(std::string_view name, const Endpoint& value) {
  key(name);
  line_ += '"';
  append_endpoint(line_, value);
  line_ += '"';
}

template <typename Report>
void JsonSink::finish(const Report& report) {
  message_.clear();
  append_sentence(message_, report);
  text("message", message_);
  line_ += '}';
  output_.write_line(line_);
}

}  // namespace egresswatch::publish
