// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <variant>

#include "decode/record.h"
#include "unit/capture/recordings.h"

// The recording of the repository against what the file beside it says. What the pipeline makes of it is another
// test's.
namespace egresswatch::capture::test {
namespace {

using Counts = std::array<std::uint64_t, EGW_RECORD_TYPE_END>;

TEST(LoopbackRecording, HoldsWhatItsReadmeSays) {
  const Replayed replayed(std::string(RECORDINGS) + "/loopback-6.18.egwrec");
  ASSERT_EQ(replayed.error, "");
  EXPECT_FALSE(replayed.source->truncated());
  Counts expected{};
  expected[EGW_TCP_ATTEMPT] = 6;
  expected[EGW_TCP_ESTABLISHED] = 4;
  expected[EGW_TCP_FIRST_BYTE] = 3;
  expected[EGW_TCP_CLOSED] = 6;
  expected[EGW_CONNECT_FAILED] = 1;
  expected[EGW_FLOW] = 7;
  expected[EGW_DNS] = 12;
  expected[EGW_COUNTERS] = 1;
  expected[EGW_TCP_PAYLOAD] = 3;
  expected[EGW_TCP_RETRANSMIT] = 1;
  expected[EGW_DROP_REASON] = 129;

  Counts counts{};
  std::set<std::uint32_t> processes;
  std::set<std::string> names;
  std::set<std::uint32_t> namespaces;
  for (const Bytes& record : replayed.all.records) {
    egw_header header;
    std::memcpy(&header, record.data(), sizeof header);
    ASSERT_LT(header.type, counts.size());
    ++counts[header.type];
    Event event;
    ASSERT_EQ(decode::decode_record(record, event), decode::RecordError::none) << header.type;
    std::visit(
        [&](const auto& one) {
          if constexpr (requires { one.process; }) {
            processes.insert(one.process.pid);
            names.emplace(one.process.name());
          }
          if constexpr (requires { one.netns; })
            if (one.netns != 0) namespaces.insert(one.netns);
        },
        event);
  }
  EXPECT_EQ(counts, expected);
  // nobody else is in it
  EXPECT_EQ(processes.size(), 1U);
  EXPECT_THAT(names, ::testing::ElementsAre("record_loopback"));
  EXPECT_EQ(namespaces.size(), 1U);

  // the totals are those of the programs: without what the daemon reads itself, and without themselves
  expected[EGW_FLOW] = 4;
  expected[EGW_COUNTERS] = 0;
  expected[EGW_DROP_REASON] = 0;
  const egw_totals totals = replayed.source->totals();
  Counts produced{};
  std::copy(std::begin(totals.produced), std::end(totals.produced), produced.begin());
  EXPECT_EQ(produced, expected);
  EXPECT_THAT(totals.lost, ::testing::Each(0U));
}

}  // namespace
}  // namespace egresswatch::capture::test
