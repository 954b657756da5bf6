// SPDX-License-Identifier: Apache-2.0
// Bytes that no kernel and no resolver should send: counted by reason, and nothing else changes.
#include <array>
#include <string>

#include "unit/app/pipeline_fixture.h"

namespace egresswatch::test {
namespace {

using decode::DnsError;
using decode::RecordError;

class MalformedTest : public PipelineTest {
 protected:
  MalformedTest() {
    resolve(kVault, {"203.0.113.1"});
    open({});
  }

  std::uint64_t refused(RecordError error) { return pipeline().refused_records()[static_cast<std::size_t>(error)]; }
  std::uint64_t malformed(DnsError error) { return pipeline().dns().malformed()[static_cast<std::size_t>(error)]; }
  std::uint64_t all_events() {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : snapshot().events) sum += count;
    return sum;
  }

  // Everything that is counted but the refusals themselves.
  struct State {
    Totals totals;
    std::uint64_t events;
    std::size_t connections;
    std::size_t names;
    std::size_t questions;
    std::size_t reports;
    std::uint64_t newest_ns;
    bool operator==(const State&) const = default;
  };
  State state() {
    return {totals(),
            all_events(),
            pipeline().connections().table().size(),
            pipeline().names().size(),
            pipeline().dns().tracker().size(),
            sink_.connections().size() + sink_.dns().size(),
            pipeline().newest_ns()};
  }
};

TEST_F(MalformedTest, RecordsAreCountedByReason) {
  const State before = state();
  now_ += kSecond;

  feed(Bytes(3));
  EXPECT_EQ(refused(RecordError::short_header), 1U);

  auto wrong_size = attempt({.id = 2}, now_);
  wrong_size.header.size += 8;
  feed(wrong_size);
  EXPECT_EQ(refused(RecordError::bad_size), 1U);

  auto unknown = attempt({.id = 2}, now_);
  unknown.header.type = 99;
  feed(unknown);
  EXPECT_EQ(refused(RecordError::unknown_type), 1U);

  auto another_type = attempt({.id = 2}, now_);
  another_type.header.type = EGW_TCP_CLOSED;
  feed(another_type);
  EXPECT_EQ(refused(RecordError::bad_length), 1U);

  auto no_family = attempt({.id = 2}, now_);
  no_family.tuple.family = 1;
  feed(no_family);
  EXPECT_EQ(refused(RecordError::bad_address), 1U);

  auto no_errno = gave_up({}, now_, now_, 70'000);
  feed(no_errno);
  EXPECT_EQ(refused(RecordError::bad_field), 1U);

  Bytes dns = dns_record(now_, DnsWireBuilder::query(kVault).bytes(), {});
  const std::uint32_t too_much = 70'000;
  std::memcpy(dns.data() + offsetof(egw_dns, payload_length), &too_much, sizeof too_much);
  feed(dns);
  EXPECT_EQ(refused(RecordError::bad_payload), 1U);

  EXPECT_EQ(state(), before);
}

TEST_F(MalformedTest, DnsMessagesAreCountedByReason) {
  ask(kVault);
  const State before = state();
  const std::uint64_t dns_events = events(account::EventType::dns);

  const Bytes whole = DnsWireBuilder::answer(kVault).address(kVault, "203.0.113.7").bytes();
  std::uint64_t sent = 0;
  for (std::size_t length = 0; length < whole.size(); ++length, ++sent)
    send_dns(std::span(whole).first(length), {.egress = false});
  std::uint64_t counted = 0;
  for (const std::uint64_t count : pipeline().dns().malformed()) counted += count;
  EXPECT_EQ(counted, sent);
  EXPECT_GT(malformed(DnsError::short_header), 0U);

  State after = state();
  EXPECT_EQ(events(account::EventType::dns), dns_events + sent);
  after.events = before.events;  // each came as a sound record of type dns
  EXPECT_EQ(after, before);
}

TEST_F(MalformedTest, MessageThatTheKernelSideCutIsCountedThere) {
  const Bytes whole = DnsWireBuilder::answer(kVault).address(kVault, "203.0.113.7").bytes();
  send_dns(std::span(whole).first(whole.size() - 2),
           {.egress = false, .original_length = static_cast<std::uint32_t>(whole.size())});
  std::uint64_t counted = 0;
  for (const std::uint64_t count : pipeline().dns().malformed()) counted += count;
  EXPECT_EQ(counted, 0U);
}

TEST_F(MalformedTest, CompressionLoop) {
  ask(kVault);
  auto loop = DnsWireBuilder(0x1234, 0x8180);
  loop.count(4).u16(0xc00c).u16(1).u16(1);
  send_dns(loop.bytes(), {.egress = false});
  std::uint64_t counted = 0;
  for (const std::uint64_t count : pipeline().dns().malformed()) counted += count;
  EXPECT_EQ(counted, 1U);
}

// What follows comes as sound bytes with impossible contents: a recording may hold it.
TEST_F(MalformedTest, TimesThatRunBackwardsHarmNothing) {
  auto end = closed({}, 5, now_, now_);
  end.old_state = kEstablished;
  feed(first_byte({}, 5, now_));
  feed(end);
  EXPECT_EQ(totals(), (Totals{.attempts = 1, .established = 1}));
  EXPECT_EQ(last_connection().duration_ns, 0U);
  EXPECT_EQ(last_connection().connect_latency_ns, 0U);
  for (const auto& row : snapshot().durations) EXPECT_EQ(row.first_byte->count(), 0U);
}

TEST_F(MalformedTest, ProcessNameOfArbitraryBytes) {
  const std::string_view comm("\xff\x1b[31m\n\xc3\x28 end", 12);
  connect({.id = 5, .pid = 300, .comm = comm});
  for (const auto& row : snapshot().connections)
    EXPECT_EQ(row.unit.find('\x1b'), std::string_view::npos) << "a terminal would obey it";
}

}  // namespace
}  // namespace egresswatch::test
