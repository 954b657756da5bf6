// SPDX-License-Identifier: Apache-2.0
#include "cli/event_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <variant>

#include "publish/compact_sink.h"
#include "publish/json_sink.h"
#include "publish/ocsf_sink.h"
#include "unit/publish/report_fixture.h"

namespace egresswatch::cli {
namespace {

using publish::CapturedLines;
using publish::CompactSink;
using publish::EventSink;
using ::testing::HasSubstr;

void hand_on(EventSink& sink, const ConnectionReport& report) { sink.connection(report); }
void hand_on(EventSink& sink, const DnsReport& report) { sink.dns(report); }
void hand_on(EventSink& sink, const FlowReport& report) { sink.flow(report); }

template <typename Report>
std::vector<std::string> in_every_form(const Report& report) {
  CapturedLines output;
  CompactSink compact(output, false);
  CompactSink wide(output, false, CompactSink::Columns::wide);
  publish::OcsfSink ocsf(output, "1");
  for (EventSink* sink : std::initializer_list<EventSink*>{&compact, &wide, &ocsf}) hand_on(*sink, report);
  return output.lines;
}

// A line of JSON says as much as the report that it was made of.
template <typename Report>
void expect_same_when_read(const Report& report) {
  CapturedLines output;
  publish::JsonSink json(output);
  hand_on(json, report);
  EventReader reader;
  const auto event = reader.read(output.lines.at(0));
  ASSERT_TRUE(event) << event.error().message;
  ASSERT_TRUE(std::holds_alternative<Report>(*event));
  EXPECT_EQ(in_every_form(std::get<Report>(*event)), in_every_form(report));
}

TEST(EventReader, WhatJsonSinkWrites) {
  expect_same_when_read(publish::sample_connection());
  expect_same_when_read(publish::sample_dns());
  expect_same_when_read(publish::sample_flow());
  ConnectionReport failed = publish::sample_failure(Stage::connect, Cause::icmp_prohibited, EHOSTUNREACH);
  failed.remote.address = *IpAddress::parse("2001:db8::1");
  failed.unexpected = Unexpected::wrong_port;
  failed.container_id = "0123";
  failed.evidence.rst_received = true;
  failed.evidence.icmp_origin = 2;
  failed.evidence.drop_reason = "NETFILTER_DROP";
  failed.host = "odd\"\\\n.example";
  expect_same_when_read(failed);
}

TEST(EventReader, WhatIsNoEventIsSaid) {
  EventReader reader;
  EXPECT_THAT(reader.read("").error().message, HasSubstr("not a JSON object"));
  EXPECT_THAT(reader.read("[1]").error().message, HasSubstr("not a JSON object"));
  EXPECT_THAT(reader.read("{").error().message, HasSubstr("not a JSON object"));
  EXPECT_THAT(reader.read(R"({"type":"dns"})").error().message, HasSubstr("\"time\""));
  EXPECT_THAT(reader.read(R"({"type":"dns","time":"yesterday"})").error().message, HasSubstr("\"time\""));
  EXPECT_THAT(reader.read(R"({"type":"left_out","time":"2026-09-14T14:03:07.123456Z"})").error().message,
              HasSubstr("\"type\""));
  EXPECT_THAT(reader.read(std::string(EventReader::kMaxLine + 1, ' ')).error().message, HasSubstr("65536"));
  EXPECT_FALSE(reader.read(std::string(1000, '['))) << "too deep";
}

TEST(EventReader, StrangeValuesAreAsIfTheyWereNotThere) {
  EventReader reader;
  const auto event = reader.read(R"({"type":"connection","time":"2026-09-14T14:03:07.123456Z","verdict":7,"pid":-1,
      "remote":"nowhere","local":"1.2.3.4:99999","uid":1e300,"stage":"beyond","error":"E?","evidence":[],"new":{}})");
  ASSERT_TRUE(event) << event.error().message;
  const auto& report = std::get<ConnectionReport>(*event);
  EXPECT_EQ(report.wall_time_ns, 1'789'394'587'123'456'000U);
  EXPECT_EQ(report.pid, 0U);
  EXPECT_EQ(report.stage, Stage::none);
  EXPECT_EQ(report.remote, Endpoint{});
  EXPECT_EQ(report.local, Endpoint{});
}

}  // namespace
}  // namespace egresswatch::cli
