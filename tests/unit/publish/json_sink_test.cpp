// SPDX-License-Identifier: Apache-2.0
#include "publish/json_sink.h"

#include <gtest/gtest.h>

#include <boost/json/src.hpp>
#include <cerrno>
#include <string>
#include <type_traits>

#include "report_fixture.h"

namespace egresswatch::publish {
namespace {

namespace json = boost::json;

// The line, as a reader other than ours understands it.
template <typename Report>
json::object object_of(const Report& report) {
  CapturedLines output;
  JsonSink sink(output);
  if constexpr (std::is_same_v<Report, DnsReport>) {
    sink.dns(report);
  } else if constexpr (std::is_same_v<Report, FlowReport>) {
    sink.flow(report);
  } else {
    sink.connection(report);
  }
  EXPECT_EQ(output.lines.at(0).find('\n'), std::string::npos);
  return json::parse(output.lines.at(0)).as_object();
}

TEST(JsonSink, AConnection) {
  EXPECT_EQ(json::value(object_of(sample_connection())), json::parse(R"({
    "type": "connection", "time": "2026-09-21T14:13:20.123456Z", "verdict": "ok",
    "service": "key_vault", "host": "prod.vault.azure.net", "name_source": "dns_process",
    "unit": "sync.service", "process": "node", "pid": 4711, "uid": 998, "netns": 4026531840,
    "local": "10.0.0.5:40000", "remote": "20.1.2.3:443", "family": "ipv4",
    "connect_latency_ns": 12400000, "duration_ns": 12400000, "syn_retransmits": 0, "retransmits": 0,
    "sent_bytes": 0, "received_bytes": 0, "srtt_us": 12300, "message": "connected in 12.4 ms"})"));
}

TEST(JsonSink, WhoAndWhetherItWasExpected) {
  ConnectionReport report = sample_connection();
  report.function = Function::vault_operations;
  report.unexpected = Unexpected::not_in_policy;
  report.misses_private_endpoint = true;
  report.slice = "system.slice";
  report.process_start_ns = 12'345'000'000;
  report.container_id = "0123";
  report.container_name = "web";
  report.evidence.service_tag = "AzureKeyVault.WestUS";
  const json::object object = object_of(report);
  EXPECT_EQ(object.at("function"), "vault_operations");
  EXPECT_EQ(object.at("unexpected"), "not_in_policy");
  EXPECT_EQ(object.at("slice"), "system.slice");
  EXPECT_EQ(object.at("process_start_ns"), 12'345'000'000);
  EXPECT_EQ(object.at("container_id"), "0123");
  EXPECT_EQ(object.at("container_name"), "web");
  EXPECT_EQ(object.at("evidence").at("service_tag"), "AzureKeyVault.WestUS");
  EXPECT_EQ(object.at("message"),
            "connected in 12.4 ms; not expected: a public address, while the configuration demands "
            "the private endpoint");
}

TEST(JsonSink, AFlowThatWasNotExpected) {
  EXPECT_EQ(json::value(object_of(sample_flow())), json::parse(R"({
    "type": "flow", "time": "2026-09-21T14:13:20.123456Z", "service": "other", "name_source": "none",
    "unexpected": "no_name", "unit": "scan.service", "slice": "system.slice", "process": "python3", "pid": 4712,
    "uid": 1000, "process_start_ns": 12345,
    "netns": 4026531840, "protocol": "icmp", "raw_socket": true, "local": "10.0.0.5:0", "remote": "203.0.113.7:0",
    "message": "icmp from a raw socket; not expected: no rule of the policy allows this address, and no name is known for it"})"));
  FlowReport expected = sample_flow();
  expected.unexpected = Unexpected::none;
  CapturedLines output;
  JsonSink(output).flow(expected);
  EXPECT_TRUE(output.lines.empty());
}

TEST(JsonSink, AFailureHasStageCauseAndError) {
  const json::object object = object_of(sample_failure(Stage::connect, Cause::refused, ECONNREFUSED));
  EXPECT_EQ(object.at("verdict"), "failed");
  EXPECT_EQ(object.at("stage"), "connect");
  EXPECT_EQ(object.at("cause"), "refused");
  EXPECT_EQ(object.at("error"), "ECONNREFUSED");
}

TEST(JsonSink, Evidence) {
  ConnectionReport report = sample_failure(Stage::connect, Cause::abandoned);
  Evidence& evidence = report.evidence;
  evidence.syn_times_ms = {1000, 3000};
  evidence.syn_time_count = 2;
  evidence.rst_received = true;
  evidence.icmp_origin = 2;
  evidence.icmp_type = 3;
  evidence.icmp_code = 13;
  evidence.dropped_out = 3;
  evidence.drop_reason = "NETFILTER_DROP";
  evidence.dns_name = "a.example";
  evidence.wire_name = "b.example";
  evidence.tls = true;
  evidence.sni = Sni::present;
  evidence.through_proxy = true;
  evidence.http_status = 407;
  evidence.tls_alert = 112;
  evidence.idle_ns = 5;
  evidence.unacked_bytes = 6;
  evidence.stalled_retransmits = 7;
  evidence.waits_for = "crl.example";
  EXPECT_EQ(json::value(object_of(report).at("evidence")), json::parse(R"({
    "syn_times_ms": [1000, 3000], "rst_received": true, "icmp": {"origin": "icmp", "type": 3, "code": 13},
    "dropped_out": 3, "drop_reason": "NETFILTER_DROP", "dns_name": "a.example", "wire_name": "b.example",
    "tls": true, "sni": "present", "through_proxy": true, "http_status": 407, "tls_alert": 112, "idle_ns": 5,
    "unacked_bytes": 6, "stalled_retransmits": 7, "waits_for": "crl.example"})"));
}

TEST(JsonSink, WhatIsUnknownIsAbsent) {
  ConnectionReport report = sample_connection();
  report.host = {};
  report.pid = 0;
  report.local.port = 0;
  report.connect_latency_ns = 0;
  const json::object object = object_of(report);
  for (const char* key :
       {"host", "pid", "uid", "local", "connect_latency_ns", "stage", "cause", "error", "evidence", "answer_uid"})
    EXPECT_FALSE(object.contains(key)) << key;
}

TEST(JsonSink, ADnsAnswer) {
  EXPECT_EQ(json::value(object_of(sample_dns())), json::parse(R"({
    "type": "dns", "time": "2026-09-21T14:13:20.123456Z", "verdict": "ok", "service": "key_vault",
    "unit": "sync.service", "process": "node", "pid": 4711, "question": "prod.vault.azure.net",
    "question_type": "A", "rcode": "NOERROR", "rcode_number": 0, "duration_ns": 3200000,
    "resolver": "127.0.0.53:53", "address_count": 2, "first_address": "20.1.2.3",
    "cname_tail": "azkms-prod.trafficmanager.net",
    "message": "A NOERROR in 3.2 ms; 20.1.2.3 and 1 more; alias of azkms-prod.trafficmanager.net"})"));
}

TEST(JsonSink, ASilentResolverHasNoResponseCode) {
  DnsReport report = sample_dns();
  report.cause = DnsCause::no_answer;
  const json::object object = object_of(report);
  EXPECT_EQ(object.at("cause"), "no_answer");
  EXPECT_FALSE(object.contains("rcode"));
}

TEST(JsonSink, HostileBytesStayInsideTheirString) {
  ConnectionReport report = sample_connection();
  report.process = "a\",\"pid\":1,\"x\":\"\n\xff\x1b";
  const json::object object = object_of(report);
  EXPECT_EQ(object.at("pid"), 4711);
  EXPECT_EQ(object.at("process"), "a\",\"pid\":1,\"x\":\"\n\uFFFD\x1b");
}

}  // namespace
}  // namespace egresswatch::publish
