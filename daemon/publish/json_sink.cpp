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
  who_and_what(report);
  if (report.local.port != 0) endpoint("local", report.local);
  endpoint("remote", report.remote);
  text("family", family_name(report.family));
  if (report.verdict == Verdict::failed || report.verdict == Verdict::pending) {
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
  number_unless_zero("answer_uid", report.answer_uid);
  evidence(report.evidence);
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
  number_unless_zero("answer_uid", report.answer_uid);
  finish(report);
}

void JsonSink::flow(const FlowReport& report) {
  // each question to a resolver is one: what is expected is told by the history only
  if (report.unexpected == Unexpected::none) return;
  begin("flow", report.wall_time_ns, {});
  who_and_what(report);
  text("protocol", to_string(report.protocol));
  flag("raw_socket", report.raw_socket);
  endpoint("local", report.local);
  endpoint("remote", report.remote);
  finish(report);
}

template <typename Report>
void JsonSink::who_and_what(const Report& report) {
  text("service", report.service);
  if (report.function != Function::none) text("function", to_string(report.function));
  text("host", report.host);
  text("name_source", to_string(report.name_source));
  if (report.unexpected != Unexpected::none) text("unexpected", to_string(report.unexpected));
  text("unit", report.unit);
  text("slice", report.slice);
  text("container_id", report.container_id);
  text("container_name", report.container_name);
  text("process", report.process);
  if (report.pid != 0) {
    number("pid", report.pid);
    number("uid", report.uid);
    number_unless_zero("process_start_ns", report.process_start_ns);
  }
  number_unless_zero("netns", report.netns);
}

// One object, left out if there is nothing in it.
void JsonSink::evidence(const Evidence& seen) {
  key("evidence");
  const std::size_t start = line_.size();
  line_ += '{';
  if (seen.syn_time_count > 0) {
    key("syn_times_ms");
    for (std::uint32_t i = 0; i < seen.syn_time_count; ++i) {
      line_ += i == 0 ? '[' : ',';
      append_number(line_, std::uint64_t{seen.syn_times_ms[i]});
    }
    line_ += ']';
  }
  flag("rst_received", seen.rst_received);
  if (seen.icmp_origin != 0) {
    key("icmp");
    line_ += seen.icmp_origin == 3 ? R"({"origin":"icmp6")" : R"({"origin":"icmp")";
    number("type", seen.icmp_type);
    number("code", seen.icmp_code);
    line_ += '}';
  }
  number_unless_zero("dropped_out", seen.dropped_out);
  number_unless_zero("dropped_in", seen.dropped_in);
  text("drop_reason", seen.drop_reason);
  text("dns_name", seen.dns_name);
  text("wire_name", seen.wire_name);
  text("service_tag", seen.service_tag);
  flag("tls", seen.tls);
  if (seen.tls) text("sni", to_string(seen.sni));
  number_unless_zero("hello_bytes", seen.hello_bytes);
  flag("through_proxy", seen.through_proxy);
  number_unless_zero("http_status", seen.http_status);
  number_unless_zero("tls_alert", seen.tls_alert);
  number_unless_zero("first_sent_ns", seen.first_sent_ns);
  number_unless_zero("first_received_ns", seen.first_received_ns);
  number_unless_zero("idle_ns", seen.idle_ns);
  number_unless_zero("unacked_bytes", seen.unacked_bytes);
  number_unless_zero("stalled_retransmits", seen.stalled_retransmits);
  text("waits_for", seen.waits_for);
  text("holds_up", seen.holds_up);
  if (line_.size() == start + 1) {
    line_.resize(start - std::string_view(",\"evidence\":").size());
    return;
  }
  line_ += '}';
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
  line_ += line_.ends_with('{') ? "\"" : ",\"";
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

void JsonSink::flag(std::string_view name, bool value) {
  if (!value) return;
  key(name);
  line_ += "true";
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
