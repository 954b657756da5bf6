// SPDX-License-Identifier: Apache-2.0
#include "capture/recording.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/clock.h"
#include "capture/ring.h"
#include "unit/capture/recordings.h"

namespace egresswatch::capture::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Recording, GivesTheSameRecordsBack) {
  const TemporaryDirectory directory;
  egw_totals totals{};
  totals.produced[EGW_TCP_FIRST_BYTE] = 7;
  totals.lost[EGW_LOST_RING_FULL] = 5;
  const std::uint64_t before = wall_ns() - monotonic_ns();
  {
    auto recorder = Recorder::create(directory.file());
    ASSERT_TRUE(recorder) << recorder.error().message;
    (*recorder)->on_record(bytes_of(first_byte(1)));
    (*recorder)->on_record(bytes_of(first_byte(2)));
    EXPECT_EQ((*recorder)->written(), 2U);
    ASSERT_TRUE((*recorder)->finish(totals));
  }

  const Replayed replayed(directory.file());
  ASSERT_EQ(replayed.error, "");
  EXPECT_FALSE(replayed.source->truncated());
  EXPECT_EQ(replayed.ends, 1);
  EXPECT_EQ(replayed.all.batches, 1);
  ASSERT_EQ(replayed.all.records.size(), 3U);
  EXPECT_EQ(replayed.all.records[0], bytes_of(first_byte(1)));
  EXPECT_EQ(replayed.all.records[1], bytes_of(first_byte(2)));
  EXPECT_EQ(replayed.all.records[2].size(), sizeof(egw_counters));
  EXPECT_EQ(replayed.source->totals().produced[EGW_TCP_FIRST_BYTE], 7U);
  EXPECT_EQ(replayed.source->totals().lost[EGW_LOST_RING_FULL], 5U);
  EXPECT_TRUE(replayed.source->probes().empty());
  EXPECT_FALSE(replayed.source->resynchronise());
  // two clocks read one after the other
  EXPECT_NEAR(static_cast<double>(replayed.source->wall_offset_ns()), static_cast<double>(before), 1e9);
}

TEST(Recording, MayBeEmpty) {
  const TemporaryDirectory directory;
  {
    auto recorder = Recorder::create(directory.file());
    ASSERT_TRUE(recorder);
    ASSERT_TRUE((*recorder)->finish({}));
  }
  const Replayed replayed(directory.file());
  EXPECT_EQ(replayed.ends, 1);
  EXPECT_EQ(replayed.all.records.size(), 1U);
}

// The programs reserve more than a payload needs, and what they leave is of whatever came before.
// One such byte may be part of the time in the file's header.
bool holds_rest(const Bytes& file) {
  const Bytes rest(8, std::byte{'S'});
  return std::search(file.begin(), file.end(), rest.begin(), rest.end()) != file.end();
}

TEST(Recording, HoldsNoRestOfOtherEvents) {
  const TemporaryDirectory directory;
  egw_dns dns{};
  dns.header = {EGW_DNS, sizeof dns + EGW_DNS_PAYLOAD_SMALL, 1};
  dns.payload_length = 5;
  dns.original_length = 5;
  Bytes record = bytes_of(dns);
  record.resize(dns.header.size, std::byte{'S'});
  std::memcpy(record.data() + sizeof dns, "query", 5);
  {
    auto recorder = Recorder::create(directory.file());
    ASSERT_TRUE(recorder);
    (*recorder)->on_record(record);
    ASSERT_TRUE((*recorder)->finish({}));
  }

  EXPECT_FALSE(holds_rest(read_file(directory.file())));
  const Replayed replayed(directory.file());
  ASSERT_EQ(replayed.all.records.size(), 2U);
  dns.header.size = sizeof dns + 5;
  Bytes expected = bytes_of(dns);
  expected.insert(expected.end(), record.begin() + sizeof dns, record.begin() + sizeof dns + 5);
  EXPECT_EQ(replayed.all.records[0], expected);
}

TEST(Recording, HoldsNoRestBehindWhatAClientSent) {
  const TemporaryDirectory directory;
  egw_tcp_payload start{};
  start.header = {EGW_TCP_PAYLOAD, sizeof start + EGW_PAYLOAD_MAX, 1};
  start.payload_length = 700;
  start.original_length = 700;
  Bytes record = bytes_of(start);
  record.resize(sizeof start + 700, std::byte{'h'});
  record.resize(start.header.size, std::byte{'S'});
  {
    auto recorder = Recorder::create(directory.file());
    ASSERT_TRUE(recorder);
    (*recorder)->on_record(record);
    ASSERT_TRUE((*recorder)->finish({}));
  }
  EXPECT_FALSE(holds_rest(read_file(directory.file())));
  const Replayed replayed(directory.file());
  ASSERT_EQ(replayed.all.records.size(), 2U);
  start.header.size = sizeof start + 700;
  Bytes expected = bytes_of(start);
  expected.resize(start.header.size, std::byte{'h'});
  EXPECT_EQ(replayed.all.records[0], expected);
}

// A payload that claims more than its record is for decode to refuse.
TEST(Recording, KeepsARecordThatLies) {
  const TemporaryDirectory directory;
  egw_dns dns{};
  dns.header = {EGW_DNS, sizeof dns, 1};
  dns.payload_length = 1;
  {
    auto recorder = Recorder::create(directory.file());
    ASSERT_TRUE(recorder);
    (*recorder)->on_record(bytes_of(dns));
  }
  EXPECT_THAT(Replayed(directory.file()).all.records, ElementsAre(bytes_of(dns)));
}

TEST(Recording, IsReadableForItsOwnerOnly) {
  const TemporaryDirectory directory;
  const ::mode_t mask = ::umask(0);
  { ASSERT_TRUE(Recorder::create(directory.file())); }
  ::umask(mask);
  struct stat status {};
  ASSERT_EQ(::stat(directory.file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(Recording, SaysWhereItCannotBeWritten) {
  const auto recorder = Recorder::create("/no-such-directory/some.egwrec");
  ASSERT_FALSE(recorder);
  EXPECT_EQ(recorder.error().code, ENOENT);
  EXPECT_THAT(recorder.error().message, HasSubstr("/no-such-directory/some.egwrec"));
}

TEST(Recording, SaysThatTheDiskIsFull) {
  auto recorder = Recorder::create("/dev/full");
  if (recorder) {
    for (std::uint64_t i = 0; i < 1000; ++i) (*recorder)->on_record(bytes_of(first_byte(i)));
    EXPECT_LT((*recorder)->written(), 1000U);
    const auto finished = (*recorder)->finish({});
    ASSERT_FALSE(finished);
    EXPECT_EQ(finished.error().code, ENOSPC);
  } else {
    EXPECT_EQ(recorder.error().code, ENOSPC);
  }
}

TEST(Replay, LongerThanABatch) {
  const TemporaryDirectory directory;
  std::vector<Bytes> parts{bytes_of(start_of_file())};
  for (std::uint64_t i = 0; i < 2 * Ring::kBatch + 1; ++i) parts.push_back(bytes_of(first_byte(i)));
  write_file(directory.file(), parts);

  const Replayed replayed(directory.file());
  ASSERT_EQ(replayed.all.records.size(), parts.size() - 1);
  EXPECT_EQ(replayed.all.records.back(), parts.back());
  EXPECT_EQ(replayed.all.batches, 3);
  EXPECT_EQ(replayed.ends, 1);
}

// The file is read in pieces, and a record may begin in one and end in the next.
TEST(Replay, LongerThanWhatIsReadAtOnce) {
  const TemporaryDirectory directory;
  std::vector<Bytes> parts{bytes_of(start_of_file())};
  constexpr std::size_t kFileBytes = 3'000'000;
  for (std::size_t written = 0; written < kFileBytes; written += parts.back().size()) {
    const auto size = static_cast<std::uint32_t>(sizeof(egw_header) + 97 * parts.size() % 1'000);
    Bytes record = bytes_of(egw_header{0xffff, size, parts.size()});
    record.resize(size, static_cast<std::byte>(parts.size()));
    parts.push_back(record);
  }
  write_file(directory.file(), parts);

  const Replayed replayed(directory.file());
  EXPECT_FALSE(replayed.source->truncated());
  ASSERT_EQ(replayed.all.records.size(), parts.size() - 1);
  EXPECT_TRUE(std::ranges::equal(replayed.all.records, std::span(parts).subspan(1)));
}

TEST(Replay, StopsBetweenTwoBatches) {
  const TemporaryDirectory directory;
  std::vector<Bytes> parts{bytes_of(start_of_file())};
  for (std::uint64_t i = 0; i < 2 * Ring::kBatch; ++i) parts.push_back(bytes_of(first_byte(i)));
  write_file(directory.file(), parts);

  boost::asio::io_context io;
  Collector all;
  int ends = 0;
  auto source = ReplaySource::open(io, directory.file(), [&] { ++ends; });
  ASSERT_TRUE(source);
  ASSERT_TRUE((*source)->start(all));
  io.run_one();
  (*source)->stop();
  io.run();
  EXPECT_EQ(all.records.size(), std::size_t{Ring::kBatch});
  EXPECT_EQ(ends, 0);
}

// What a record means is for decode to say.
TEST(Replay, PassesUnknownTypesOn) {
  const TemporaryDirectory directory;
  const egw_header unknown{0xffff, sizeof unknown, 1};
  write_file(directory.file(), {bytes_of(start_of_file()), bytes_of(unknown)});
  EXPECT_THAT(Replayed(directory.file()).all.records, ElementsAre(bytes_of(unknown)));
}

}  // namespace
}  // namespace egresswatch::capture::test
