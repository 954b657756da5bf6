// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/capture/recordings.h"

// Files that somebody else wrote, or that broke off.
namespace egresswatch::capture::test {
namespace {

using ::testing::HasSubstr;

class RefusedRecording : public ::testing::Test {
 protected:
  std::string error_of(const std::vector<Bytes>& parts) {
    write_file(directory_.file(), parts);
    const Replayed replayed(directory_.file());
    EXPECT_EQ(replayed.ends, 0);
    EXPECT_TRUE(replayed.all.records.empty());
    EXPECT_THAT(replayed.error, HasSubstr(directory_.file()));
    return replayed.error;
  }

  TemporaryDirectory directory_;
};

TEST_F(RefusedRecording, NoSuchFile) {
  const Replayed replayed(directory_.file());
  EXPECT_THAT(replayed.error, HasSubstr(directory_.file()));
  EXPECT_THAT(replayed.error, HasSubstr("No such file"));
}

TEST_F(RefusedRecording, NotARecording) {
  const egw_recording start = start_of_file();
  Bytes text(200, std::byte{'#'});
  egw_recording other_magic = start;
  other_magic.magic[0] = 'X';
  Bytes short_file = bytes_of(start);
  short_file.pop_back();
  for (const Bytes& file : {Bytes{}, text, bytes_of(other_magic), short_file})
    EXPECT_THAT(error_of({file}), HasSubstr("not a recording")) << file.size();
}

TEST_F(RefusedRecording, ADirectory) {
  const Replayed replayed("/");
  EXPECT_FALSE(replayed.error.empty());
}

TEST_F(RefusedRecording, OtherVersion) {
  egw_recording other = start_of_file();
  other.abi_version = EGW_ABI_VERSION + 1;
  const std::string error = error_of({bytes_of(other)});
  EXPECT_THAT(error, HasSubstr(std::to_string(EGW_ABI_VERSION + 1)));
  EXPECT_THAT(error, HasSubstr(std::to_string(EGW_ABI_VERSION)));
}

TEST_F(RefusedRecording, OtherHeader) {
  egw_recording other = start_of_file();
  other.header_size += 8;
  EXPECT_NE(error_of({bytes_of(other)}), "");
}

class BrokenRecord : public RefusedRecording {
 protected:
  // One good record, then this.
  void expect_only_the_first(const Bytes& broken) {
    write_file(directory_.file(), {bytes_of(start_of_file()), bytes_of(first_byte(1)), broken});
    const Replayed replayed(directory_.file());
    EXPECT_EQ(replayed.error, "");
    EXPECT_THAT(replayed.all.records, ::testing::ElementsAre(bytes_of(first_byte(1))));
    EXPECT_TRUE(replayed.source->truncated());
    EXPECT_EQ(replayed.ends, 1);
  }
};

TEST_F(BrokenRecord, CutAnywhere) {
  const Bytes whole = bytes_of(first_byte(2));
  for (std::size_t size = 1; size < whole.size(); ++size) expect_only_the_first({whole.begin(), whole.begin() + size});
}

TEST_F(BrokenRecord, SizeThatNoRecordHas) {
  constexpr std::uint32_t kLargest = sizeof(egw_dns) + EGW_DNS_PAYLOAD_MAX;
  for (const std::uint32_t size :
       {std::uint32_t{0}, std::uint32_t{1}, std::uint32_t{sizeof(egw_header) - 1}, kLargest + 1, 0xffffffffU}) {
    Bytes record = bytes_of(egw_header{EGW_DNS, size, 1});
    record.resize(kLargest + 100);
    expect_only_the_first(record);
  }
}

TEST_F(BrokenRecord, LargestSizeIsRead) {
  constexpr std::uint32_t kLargest = sizeof(egw_dns) + EGW_DNS_PAYLOAD_MAX;
  Bytes record = bytes_of(egw_header{EGW_DNS, kLargest, 1});
  record.resize(kLargest, std::byte{'x'});
  write_file(directory_.file(), {bytes_of(start_of_file()), record});
  const Replayed replayed(directory_.file());
  EXPECT_THAT(replayed.all.records, ::testing::ElementsAre(record));
  EXPECT_FALSE(replayed.source->truncated());
}

// The programs and the recording may count more than this version knows: then they are not taken.
TEST_F(BrokenRecord, CountersOfAnotherSize) {
  Bytes record = bytes_of(egw_header{EGW_COUNTERS, sizeof(egw_header) + 8, 1});
  record.resize(sizeof(egw_header) + 8, std::byte{0x7f});
  write_file(directory_.file(), {bytes_of(start_of_file()), record});
  const Replayed replayed(directory_.file());
  EXPECT_EQ(replayed.all.records.size(), 1U);
  for (const std::uint64_t count : replayed.source->totals().produced) EXPECT_EQ(count, 0U);
}

}  // namespace
}  // namespace egresswatch::capture::test
