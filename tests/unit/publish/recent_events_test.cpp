// SPDX-License-Identifier: Apache-2.0
#include "publish/recent_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/count_allocations.h"
#include "report_fixture.h"

namespace egresswatch::publish {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// What was handed on, a word each.
class Words final : public EventSink {
 public:
  void connection(const ConnectionReport& report) override {
    words.push_back(std::string(to_string(report.verdict)) + " " + std::string(report.host));
  }
  void dns(const DnsReport& report) override { words.push_back("dns " + std::string(report.question)); }
  void flow(const FlowReport& report) override { words.push_back("flow " + std::string(report.unit)); }
  std::vector<std::string> words;
};

class RecentEventsTest : public ::testing::Test {
 protected:
  struct Reading : RecentEvents::Position {
    std::vector<std::string> words;
  };

  void happen(Verdict verdict, std::string_view host) {
    // the text lives as long as the call only
    std::string name(host);
    ConnectionReport report = sample_connection();
    report.verdict = verdict;
    report.host = name;
    events_.connection(report);
    name.assign(name.size(), '!');
  }
  [[nodiscard]] Reading read(std::uint64_t after, std::size_t count = 100) const {
    Words words;
    const auto position = events_.read(words, after, count);
    return {position, words.words};
  }

  Words next_;
  RecentEvents events_{next_,
                       {.notable_connections = 2, .connections = 3, .notable_answers = 2, .answers = 2, .flows = 2}};
};

TEST_F(RecentEventsTest, AllKindsInTheOrderInWhichTheyCame) {
  happen(Verdict::ok, "a");
  events_.dns(sample_dns());
  happen(Verdict::failed, "b");
  events_.flow(sample_flow());
  happen(Verdict::closed, "a");
  const Reading all = read(0);
  EXPECT_THAT(all.words, ElementsAre("ok a", "dns prod.vault.azure.net", "failed b", "flow scan.service", "closed a"));
  EXPECT_EQ(all.next, 5U);
  EXPECT_EQ(all.missed, 0U);
  EXPECT_FALSE(all.more);
  EXPECT_EQ(next_.words, all.words) << "and handed on";
  EXPECT_THAT(read(5).words, IsEmpty());
}

TEST_F(RecentEventsTest, AReaderGoesOnWhereItWas) {
  for (const char* host : {"a", "b", "c"}) happen(Verdict::ok, host);
  const Reading first = read(0, 2);
  EXPECT_THAT(first.words, ElementsAre("ok a", "ok b"));
  EXPECT_TRUE(first.more);
  const Reading second = read(first.next, 2);
  EXPECT_THAT(second.words, ElementsAre("ok c"));
  EXPECT_FALSE(second.more);
  happen(Verdict::ok, "d");
  EXPECT_THAT(read(second.next).words, ElementsAre("ok d"));
}

TEST_F(RecentEventsTest, WhatWentWellDoesNotPushOutWhatFailed) {
  happen(Verdict::failed, "bad");
  for (int i = 0; i < 10; ++i) happen(Verdict::ok, std::to_string(i));
  const Reading all = read(0);
  EXPECT_THAT(all.words, ElementsAre("failed bad", "ok 7", "ok 8", "ok 9"));
  EXPECT_EQ(all.missed, 7U);
  EXPECT_EQ(events_.entries(), 4U);
  EXPECT_EQ(events_.evictions(), 7U);
  EXPECT_EQ(read(8).missed, 0U);
  EXPECT_EQ(read(4).missed, 4U) << "5 to 8";
}

TEST_F(RecentEventsTest, ANumberThatWasNeverGivenIsTakenForTheNewest) {
  happen(Verdict::ok, "a");
  const Reading reading = read(1000);
  EXPECT_THAT(reading.words, IsEmpty());
  EXPECT_EQ(reading.next, 1U);
  EXPECT_EQ(reading.missed, 0U);
}

TEST_F(RecentEventsTest, AFlowThatWasExpectedIsNoEvent) {
  FlowReport flow = sample_flow();
  flow.unexpected = Unexpected::none;
  events_.flow(flow);
  EXPECT_THAT(read(0).words, IsEmpty());
  EXPECT_EQ(next_.words.size(), 1U);
}

TEST_F(RecentEventsTest, NothingIsAllocatedOnceItHasGrown) {
  class Nothing final : public EventSink {
    void connection(const ConnectionReport&) override {}
    void dns(const DnsReport&) override {}
    void flow(const FlowReport&) override {}
  } nothing;
  RecentEvents events(nothing,
                      {.notable_connections = 4, .connections = 4, .notable_answers = 4, .answers = 4, .flows = 4});
  const auto all = [&] {
    events.connection(sample_connection());
    events.connection(sample_failure(Stage::connect, Cause::refused));
    events.dns(sample_dns());
    events.flow(sample_flow());
  };
  for (int i = 0; i < 8; ++i) all();
  const std::size_t before = egresswatch::testing::g_allocations;
  for (int i = 0; i < 8; ++i) all();
  EXPECT_EQ(egresswatch::testing::g_allocations, before);
}

}  // namespace
}  // namespace egresswatch::publish
