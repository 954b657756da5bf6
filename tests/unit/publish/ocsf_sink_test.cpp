// SPDX-License-Identifier: Apache-2.0
#include "publish/ocsf_sink.h"

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

#include "report_fixture.h"

namespace egresswatch::publish {
namespace {

namespace json = boost::json;

template <typename Report>
json::object object_of(const Report& report) {
  CapturedLines output;
  OcsfSink sink(output, "9.8.7");
  if constexpr (std::is_same_v<Report, DnsReport>) {
    sink.dns(report);
  } else if constexpr (std::is_same_v<Report, FlowReport>) {
    sink.flow(report);
  } else {
    sink.connection(report);
  }
  return json::parse(output.lines.at(0)).as_object();
}

// What version 1.3.0 of the schema requires: of every event (events/base_event.json, includes/classification.json,
// occurrence.json), of the two classes (constraint at_least_one of the endpoints), and of the objects that are there
// (objects/metadata.json, product.json, network_connection_info.json, network_endpoint.json, dns_query.json,
// dns_answer.json, actor.json, process.json).
void expect_valid(const json::object& event) {
  SCOPED_TRACE(json::serialize(event));
  for (const char* key : {"activity_id", "category_uid", "class_uid", "severity_id", "time", "type_uid"})
    EXPECT_TRUE(event.contains(key) && event.at(key).is_int64()) << key;
  EXPECT_EQ(event.at("category_uid"), 4);
  EXPECT_EQ(event.at("type_uid").as_int64(),
            event.at("class_uid").as_int64() * 100 + event.at("activity_id").as_int64());
  const json::object& metadata = event.at("metadata").as_object();
  EXPECT_EQ(metadata.at("version"), "1.3.0");
  EXPECT_TRUE(metadata.at("product").as_object().contains("vendor_name"));
  EXPECT_TRUE(metadata.at("product").as_object().contains("name"));
  EXPECT_TRUE(event.contains("dst_endpoint") || event.contains("src_endpoint"));
  for (const char* key : {"dst_endpoint", "src_endpoint"})
    EXPECT_TRUE(!event.contains(key) || event.at(key).as_object().contains("ip")) << key;
  EXPECT_TRUE(!event.contains("connection_info") || event.at("connection_info").at("direction_id") == 2);
  EXPECT_TRUE(!event.contains("query") || event.at("query").as_object().contains("hostname"));
  if (event.contains("answers")) {
    for (const json::value& answer : event.at("answers").as_array()) EXPECT_TRUE(answer.as_object().contains("rdata"));
  }
  if (event.contains("actor")) {
    EXPECT_TRUE(event.at("actor").as_object().contains("process"));
    EXPECT_EQ(metadata.at("profiles"), json::array({"host"})) << "that has the actor";
  }
}

TEST(OcsfSink, AConnection) {
  ConnectionReport report = sample_connection();
  report.answer_uid = 77;
  const json::object event = object_of(report);
  expect_valid(event);
  EXPECT_EQ(event.at("type_uid"), 400101);
  EXPECT_EQ(event.at("time"), 1'790'000'000'123);
  EXPECT_EQ(event.at("status_id"), 1);
  EXPECT_EQ(event.at("severity_id"), 1);
  EXPECT_EQ(event.at("message"), "connected in 12.4 ms");
  EXPECT_EQ(event.at("metadata").at("correlation_uid"), "77");
  EXPECT_EQ(event.at("metadata").at("product").at("version"), "9.8.7");
  EXPECT_EQ(event.at("dst_endpoint"),
            json::parse(R"({"ip":"20.1.2.3","port":443,"hostname":"prod.vault.azure.net","svc_name":"key_vault"})"));
  EXPECT_EQ(event.at("src_endpoint"), json::parse(R"({"ip":"10.0.0.5","port":40000})"));
  EXPECT_EQ(event.at("connection_info").at("protocol_num"), 6);
  EXPECT_EQ(event.at("actor"), json::parse(R"({"process":{"name":"node","pid":4711},"user":{"uid":"998"}})"));
  EXPECT_EQ(event.at("unmapped").at("unit"), "sync.service");
}

TEST(OcsfSink, ActivitiesAndStatusOfAConnection) {
  struct Case {
    Verdict verdict;
    Cause cause;
    bool reset;
    int activity;
    int status;
  };
  for (const Case& expected : std::initializer_list<Case>{{Verdict::ok, Cause::none, false, 1, 1},
                                                          {Verdict::closed, Cause::none, false, 2, 1},
                                                          {Verdict::failed, Cause::refused, true, 5, 2},
                                                          {Verdict::failed, Cause::reset_after_hello, true, 3, 2},
                                                          {Verdict::failed, Cause::no_reply, false, 4, 2},
                                                          {Verdict::cancelled, Cause::none, false, 99, 99}}) {
    ConnectionReport report = sample_failure(Stage::connect, expected.cause);
    report.verdict = expected.verdict;
    report.evidence.rst_received = expected.reset;
    report.bytes_sent = 3;
    report.bytes_received = 4;
    const json::object event = object_of(report);
    expect_valid(event);
    EXPECT_EQ(event.at("activity_id"), expected.activity);
    EXPECT_EQ(event.at("status_id"), expected.status);
    EXPECT_EQ(event.at("severity_id"), expected.verdict == Verdict::failed ? 3 : 1);
    EXPECT_EQ(event.contains("status_code"), expected.verdict == Verdict::failed);
    EXPECT_EQ(event.at("traffic"), json::parse(R"({"bytes_in":4,"bytes_out":3,"bytes":7})"));
  }
}

TEST(OcsfSink, AnAnswer) {
  DnsReport report = sample_dns();
  const json::object event = object_of(report);
  expect_valid(event);
  EXPECT_EQ(event.at("class_uid"), 4003);
  EXPECT_EQ(event.at("activity_id"), 2);
  EXPECT_EQ(event.at("query").at("hostname"), json::string(report.question));
  EXPECT_EQ(event.at("rcode_id"), 0);
  EXPECT_EQ(event.at("rcode"), "NoError");
  EXPECT_FALSE(event.contains("src_endpoint")) << "is not known";

  report.rcode = 23;
  report.cause = DnsCause::servfail;
  const json::object strange = object_of(report);
  expect_valid(strange);
  EXPECT_EQ(strange.at("rcode_id"), 99);
  EXPECT_EQ(strange.at("rcode"), "BADCOOKIE");
}

TEST(OcsfSink, AQuestionWithoutAnAnswer) {
  DnsReport report = sample_dns();
  report.cause = DnsCause::no_answer;
  report.address_count = 0;
  const json::object event = object_of(report);
  expect_valid(event);
  EXPECT_EQ(event.at("activity_id"), 1);
  EXPECT_EQ(event.at("status_code"), "no_answer");
  for (const char* key : {"rcode_id", "rcode", "response_time", "answers"}) EXPECT_FALSE(event.contains(key)) << key;
}

TEST(OcsfSink, AFlowThatWasNotExpected) {
  const json::object event = object_of(sample_flow());
  expect_valid(event);
  EXPECT_EQ(event.at("type_uid"), 400106);
  EXPECT_EQ(event.at("connection_info").at("protocol_name"), "icmp");
  EXPECT_EQ(event.at("unmapped").at("unexpected"), "no_name");
  EXPECT_FALSE(event.at("dst_endpoint").as_object().contains("port"));
}

}  // namespace
}  // namespace egresswatch::publish
