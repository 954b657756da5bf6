// SPDX-License-Identifier: Apache-2.0
// Files that are downloaded: what is not one is refused, and a huge one before it costs anything.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

#include "config/microsoft365_file.h"
#include "config/read_file.h"
#include "config/service_tags_file.h"

namespace egresswatch::config {
namespace {

using ::testing::HasSubstr;

class ReadPieces : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "egresswatch-pieces-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string path(const std::string& name) const { return (directory_ / name).string(); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
  }

  // A Service Tags file with one tag of `times` the same prefixes, a line each, from 11.0.0.0 on.
  [[nodiscard]] std::string write_tags(std::string_view tag, std::uint32_t prefixes, std::uint32_t times = 1) const {
    std::string lines;
    for (std::uint32_t i = 0; i < prefixes; ++i)
      lines += "\"11." + std::to_string(i >> 16) + '.' + std::to_string(i >> 8 & 255) + '.' + std::to_string(i & 255) +
               "/32\",\n";
    std::ofstream file(path("tags.json"), std::ios::binary);
    file << R"({"cloud": "Public", "values": [{"name": ")" << tag << R"(", "properties": {"addressPrefixes": [)"
         << '\n';
    for (std::uint32_t i = 0; i < times; ++i) file << lines;
    file << "\"12.0.0.0/32\"]}}]}\n";
    return path("tags.json");
  }

 private:
  std::filesystem::path directory_;
};

std::string refusal(const std::string& path) {
  const auto file = load_service_tags(path, Cloud::public_cloud);
  return file ? "" : file.error().message;
}

// The most memory that this process ever had, in KiB.
long peak_memory() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

TEST_F(ReadPieces, GivesAFileInPieces) {
  std::string text(200'000, 'x');
  text[65'536] = 'y';
  write("file", text);
  std::string read;
  std::size_t largest = 0;
  const auto result = read_pieces(path("file"), text.size(), [&](std::string_view piece) -> Result<> {
    read += piece;
    largest = std::max(largest, piece.size());
    return {};
  });
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(read, text);
  EXPECT_EQ(largest, 65'536U);
}

TEST_F(ReadPieces, ThePieceThatIsRefusedIsTheLast) {
  write("file", std::string(200'000, 'x'));
  int pieces = 0;
  const auto result = read_pieces(path("file"), 200'000, [&](std::string_view) -> Result<> {
    ++pieces;
    return Error{"enough", 7};
  });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "enough");
  EXPECT_EQ(result.error().code, 7);
  EXPECT_EQ(pieces, 1);
}

TEST_F(ReadPieces, OnlyRegularFilesAreRead) {
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  for (const std::string& file : {path("fifo"), path(""), std::string("/dev/zero")}) {
    EXPECT_EQ(refusal(file), file + ": is not a regular file");
    const auto feed = load_microsoft365(file, Cloud::public_cloud);
    ASSERT_FALSE(feed);
    EXPECT_EQ(feed.error().message, file + ": is not a regular file");
  }
  const auto none = load_service_tags(path("none"), Cloud::public_cloud);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, path("none") + ": cannot be opened: No such file or directory");
  EXPECT_EQ(none.error().code, ENOENT);
}

TEST_F(ReadPieces, AFileThatIsTooLargeIsNotRead) {
  write("large", "");
  std::filesystem::resize_file(path("large"), std::uintmax_t{1} << 40);  // sparse
  EXPECT_EQ(refusal(path("large")), path("large") + ": is larger than 33554432 bytes");
  const auto feed = load_microsoft365(path("large"), Cloud::public_cloud);
  ASSERT_FALSE(feed);
  EXPECT_EQ(feed.error().message, path("large") + ": is larger than 4194304 bytes");
  // nothing says how long a device file is
  EXPECT_NE(refusal("/proc/self/status"), "");
}

TEST_F(ReadPieces, TenMillionPrefixesAreRefused) {
  const std::string file = write_tags("AzureKeyVault", 100'000, 100);
  // else the pages of the code that runs for the first time count too: some 500 to 1,000 KiB of it
  EXPECT_NE(refusal(path("none")), "");
  const long before = peak_memory();
  EXPECT_EQ(refusal(file), file + ": is larger than 33554432 bytes");
  EXPECT_LT(peak_memory() - before, 1024);
}

TEST_F(ReadPieces, AsManyPrefixesAsFitInAFileAreRefusedInBoundedMemory) {
  // nearly the largest file that is read
  const std::string foreign = write_tags("Sql", 100'000, 17);
  ASSERT_LT(std::filesystem::file_size(foreign), kMaxServiceTagsBytes);
  const long before = peak_memory();
  EXPECT_THAT(refusal(foreign), HasSubstr("tags.json:1000002:"));
  EXPECT_THAT(refusal(foreign), HasSubstr("more than 1000000 prefixes"));
  EXPECT_LT(peak_memory() - before, 8 * 1024);
}

TEST_F(ReadPieces, PrefixesThatAreKeptAreFewer) {
  EXPECT_EQ(refusal(write_tags("AzureKeyVault", 99'999)), "");
  EXPECT_THAT(refusal(write_tags("AzureKeyVault", 100'000)),
              HasSubstr("tag \"AzureKeyVault\": more than 100000 prefixes of services that are watched"));
}

}  // namespace
}  // namespace egresswatch::config
