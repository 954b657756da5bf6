// SPDX-License-Identifier: Apache-2.0
#include "publish/ocsf_sink.h"

#include <algorithm>
#include <array>

#include "egresswatch/model/rcode.h"
#include "publish/sentences.h"
#include "publish/text.h"

namespace egresswatch::publish {

struct OcsfSink::Class {
  std::uint64_t uid;
  std::string_view name;
};

struct OcsfSink::Activity {
  std::uint64_t id;
  std::string_view name;
};

namespace {

constexpr std::string_view kSchema = "1.3.0";
constexpr std::uint64_t kCategory = 4;
constexpr std::string_view kCategoryName = "Network Activity";
constexpr std::uint64_t kOther = 99;
constexpr std::uint64_t kOutbound = 2;
constexpr std::uint64_t kNsPerMs = 1'000'000;

// Captions of rcode_id, in the order of the values; those from 12 on are unassigned, or have a number that the schema
// does not know.
constexpr std::array<std::string_view, 12> kRcodes{"NoError", "FormError", "ServError", "NXDomain",
                                                   "NotImp",  "Refused",   "YXDomain",  "YXRRSet",
                                                   "NXRRSet", "NotAuth",   "NotZone",   "DSOTYPENI"};

}  // namespace

void OcsfSink::connection(const ConnectionReport& report) {
  const Class kind{4001, "Network Activity"};
  const auto activity = [&]() -> Activity {
    switch (report.verdict) {
      case Verdict::ok:
        return {1, "Open"};
      case Verdict::closed:
        return {2, "Close"};
      case Verdict::failed:
        if (report.cause == Cause::refused) return {5, "Refuse"};
        return report.evidence.rst_received ? Activity{3, "Reset"} : Activity{4, "Fail"};
      case Verdict::cancelled:
      case Verdict::pending:
        break;
    }
    return {kOther, to_string(report.verdict)};
  }();
  const bool failed = report.verdict == Verdict::failed;
  const bool well = report.verdict == Verdict::ok || report.verdict == Verdict::closed;
  begin(kind, activity, report.wall_time_ns,
        failed ? Status::failure
        : well ? Status::success
               : Status::other,
        failed || report.unexpected != Unexpected::none);
  if (failed) json_.text("status_code", to_string(report.cause));
  json_.number_unless_zero("duration", report.duration_ns / kNsPerMs);
  metadata(report.answer_uid);
  connection_info(Protocol::tcp, report.remote.address);
  if (report.local.port != 0) endpoint("src_endpoint", report.local, {}, {});
  endpoint("dst_endpoint", report.remote, report.host, report.service);
  if (report.bytes_sent + report.bytes_received > 0) {
    json_.begin_object("traffic");
    json_.number("bytes_in", report.bytes_received);
    json_.number("bytes_out", report.bytes_sent);
    json_.number("bytes", report.bytes_sent + report.bytes_received);
    json_.end_object();
  }
  actor(report.process, report.pid, report.pid != 0, report.uid);
  json_.begin_object("unmapped");
  if (failed) {
    json_.text("stage", to_string(report.stage));
    json_.text("cause", to_string(report.cause));
  }
  json_.number_unless_zero("connect_latency_ns", report.connect_latency_ns);
  json_.number_unless_zero("syn_retransmits", report.syn_retransmits);
  json_.number_unless_zero("retransmits", report.retransmits);
  json_.text_unless_empty("drop_reason", report.evidence.drop_reason);
  json_.text_unless_empty("service_tag", report.evidence.service_tag);
  json_.number_unless_zero("http_status", report.evidence.http_status);
  if (report.evidence.through_proxy) json_.flag("through_proxy", true);
  unmapped_names(report);
  json_.end_object();
  finish(report);
}

void OcsfSink::flow(const FlowReport& report) {
  if (report.unexpected == Unexpected::none) return;
  begin({4001, "Network Activity"}, {6, "Traffic"}, report.wall_time_ns, Status::other, true);
  metadata(0);
  connection_info(report.protocol, report.remote.address);
  endpoint("src_endpoint", report.local, {}, {});
  endpoint("dst_endpoint", report.remote, report.host, report.service);
  actor(report.process, report.pid, report.pid != 0, report.uid);
  json_.begin_object("unmapped");
  if (report.raw_socket) json_.flag("raw_socket", true);
  unmapped_names(report);
  json_.end_object();
  finish(report);
}

void OcsfSink::dns(const DnsReport& report) {
  const bool answered = report.cause != DnsCause::no_answer;
  const bool failed = report.cause != DnsCause::none;
  begin({4003, "DNS Activity"}, answered ? Activity{2, "Response"} : Activity{1, "Query"}, report.wall_time_ns,
        failed ? Status::failure : Status::success, failed);
  if (failed) json_.text("status_code", to_string(report.cause));
  json_.number_unless_zero("duration", report.duration_ns / kNsPerMs);
  metadata(report.answer_uid);
  json_.begin_object("query");
  json_.text("hostname", report.question);
  text_.clear();
  append_dns_type(text_, report.question_type);
  json_.text("type", text_);
  json_.end_object();
  json_.number("query_time", (report.wall_time_ns - std::min(report.wall_time_ns, report.duration_ns)) / kNsPerMs);
  if (answered) {
    const bool known = report.rcode < kRcodes.size();
    json_.number("response_time", report.wall_time_ns / kNsPerMs);
    json_.number("rcode_id", known ? report.rcode : kOther);
    json_.text("rcode", known ? kRcodes[report.rcode] : rcode_name(report.rcode));
  }
  if (report.address_count > 0) {
    json_.begin_list("answers");
    json_.begin_object();
    text_.clear();
    append_address(text_, report.first_address);
    json_.text("rdata", text_);
    json_.text("type", report.first_address.is_v4() ? "A" : "AAAA");
    json_.end_object();
    json_.end_list();
  }
  endpoint("dst_endpoint", report.resolver, {}, {});
  actor(report.process, report.pid, false, 0);
  json_.begin_object("unmapped");
  json_.text("service", report.service);
  json_.text_unless_empty("unit", report.unit);
  json_.text_unless_empty("cname_tail", report.cname_tail);
  json_.number_unless_zero("address_count", report.address_count);
  json_.end_object();
  finish(report);
}

void OcsfSink::begin(const Class& kind, const Activity& activity, std::uint64_t wall_ns, Status status, bool notable) {
  constexpr std::uint64_t kInformational = 1;
  constexpr std::uint64_t kMedium = 3;
  constexpr std::array<std::string_view, 3> kStatus{"Success", "Failure", "Other"};
  constexpr std::array<std::uint64_t, 3> kStatusId{1, 2, kOther};
  line_.clear();
  json_.begin_object();
  json_.number("category_uid", kCategory);
  json_.text("category_name", kCategoryName);
  json_.number("class_uid", kind.uid);
  json_.text("class_name", kind.name);
  json_.number("activity_id", activity.id);
  json_.text("activity_name", activity.name);
  json_.number("type_uid", kind.uid * 100 + activity.id);
  json_.number("time", wall_ns / kNsPerMs);
  json_.number("severity_id", notable ? kMedium : kInformational);
  json_.text("severity", notable ? "Medium" : "Informational");
  json_.number("status_id", kStatusId[static_cast<std::size_t>(status)]);
  json_.text("status", kStatus[static_cast<std::size_t>(status)]);
}

// A connection and the answer that named it have the same correlation_uid.
void OcsfSink::metadata(std::uint64_t answer_uid) {
  json_.begin_object("metadata");
  json_.text("version", kSchema);
  json_.begin_object("product");
  json_.text("name", "egresswatch");
  json_.text("vendor_name", "egresswatch");
  json_.text("version", product_version_);
  json_.end_object();
  json_.json("profiles", R"(["host"])");
  if (answer_uid != 0) json_.text("correlation_uid", std::to_string(answer_uid));
  json_.end_object();
}

void OcsfSink::connection_info(Protocol protocol, const IpAddress& remote) {
  json_.begin_object("connection_info");
  json_.number("direction_id", kOutbound);
  json_.text("direction", "Outbound");
  json_.number("protocol_num", static_cast<std::uint8_t>(protocol));
  json_.text_unless_empty("protocol_name", protocol_name(protocol));
  json_.number("protocol_ver_id", remote.is_v4() ? 4 : 6);
  json_.end_object();
}

void OcsfSink::endpoint(std::string_view key, const Endpoint& value, std::string_view host, std::string_view service) {
  json_.begin_object(key);
  text_.clear();
  append_address(text_, value.address);
  json_.text("ip", text_);
  json_.number_unless_zero("port", value.port);
  json_.text_unless_empty("hostname", host);
  json_.text_unless_empty("svc_name", service);
  json_.end_object();
}

void OcsfSink::actor(std::string_view process, std::uint32_t pid, bool uid_known, std::uint32_t uid) {
  if (process.empty() && pid == 0) return;
  json_.begin_object("actor");
  json_.begin_object("process");
  json_.text_unless_empty("name", process);
  json_.number_unless_zero("pid", pid);
  json_.end_object();
  if (uid_known) {
    json_.begin_object("user");
    json_.text("uid", std::to_string(uid));
    json_.end_object();
  }
  json_.end_object();
}

template <typename Report>
void OcsfSink::unmapped_names(const Report& report) {
  json_.text("service", report.service);
  if (report.function != Function::none) json_.text("function", to_string(report.function));
  json_.text("name_source", to_string(report.name_source));
  if (report.unexpected != Unexpected::none) json_.text("unexpected", to_string(report.unexpected));
  json_.text_unless_empty("unit", report.unit);
  json_.text_unless_empty("slice", report.slice);
  json_.text_unless_empty("container_id", report.container_id);
  json_.text_unless_empty("container_name", report.container_name);
  json_.number_unless_zero("netns", report.netns);
}

template <typename Report>
void OcsfSink::finish(const Report& report) {
  text_.clear();
  append_sentence(text_, report);
  json_.text("message", text_);
  json_.end_object();
  output_.write_line(line_);
}

}  // namespace egresswatch::publish
