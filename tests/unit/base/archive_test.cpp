// SPDX-License-Identifier: Apache-2.0
#include "base/archive.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace egresswatch {
namespace {

std::vector<std::byte> contents(int fd) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(::lseek(fd, 0, SEEK_END)));
  EXPECT_EQ(::pread(fd, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  return bytes;
}

TEST(Archive, GivesBackWhatWasPut) {
  const UniqueFd fd(::memfd_create("archive", MFD_CLOEXEC));
  ArchiveWriter writer(fd.get());
  const std::string longer_than_a_piece(std::size_t{100} << 10, 'x');
  writer.put(std::uint16_t{7});
  writer.put_text("name");
  writer.put_text(longer_than_a_piece);
  writer.put_text("");
  writer.put(std::uint64_t{1} << 60);
  ASSERT_TRUE(writer.finish());

  const auto bytes = contents(fd.get());
  ArchiveReader reader(bytes);
  EXPECT_EQ(reader.get<std::uint16_t>(), 7);
  EXPECT_EQ(reader.get_text(), "name");
  EXPECT_EQ(reader.get_text(), longer_than_a_piece);
  EXPECT_EQ(reader.get_text(), "");
  EXPECT_EQ(reader.get<std::uint64_t>(), std::uint64_t{1} << 60);
  EXPECT_TRUE(reader.good());
  EXPECT_TRUE(reader.at_end());
}

TEST(Archive, NothingIsReadBeyondTheEnd) {
  const std::vector<std::byte> bytes(5, std::byte{0xFF});
  ArchiveReader number(bytes);
  EXPECT_EQ(number.get<std::uint64_t>(), 0U);
  EXPECT_FALSE(number.good());
  EXPECT_EQ(number.get<std::uint8_t>(), 0U) << "nothing after the first thing that is missing";

  ArchiveReader text(bytes);  // of four gigabytes, it says
  EXPECT_EQ(text.get_text(), "");
  EXPECT_FALSE(text.good());
}

TEST(Archive, NoCountIsLargerThanWhatIsThere) {
  std::vector<std::byte> bytes(12, std::byte{0});
  bytes[0] = std::byte{4};
  ArchiveReader fits(bytes);
  EXPECT_EQ(fits.get_count(), 4U);
  bytes[0] = std::byte{5};
  ArchiveReader does_not(bytes);
  EXPECT_EQ(does_not.get_count(), 0U);
  EXPECT_FALSE(does_not.good());
}

TEST(Archive, FullDiskIsAnError) {
  const UniqueFd fd(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ArchiveWriter writer(fd.get());
  writer.put(1);
  const auto finished = writer.finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().code, ENOSPC);
}

}  // namespace
}  // namespace egresswatch
