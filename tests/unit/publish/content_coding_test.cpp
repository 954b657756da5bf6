// SPDX-License-Identifier: Apache-2.0
#include "publish/content_coding.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>
#include <string>

namespace egresswatch::publish {
namespace {

std::string gunzip(const std::string& compressed) {
  z_stream stream{};
  EXPECT_EQ(::inflateInit2(&stream, 15 + 16), Z_OK);
  std::string in = compressed;
  std::string out(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  ::inflateEnd(&stream);
  return out;
}

TEST(AcceptsGzip, ByName) {
  EXPECT_TRUE(accepts_gzip("gzip"));
  EXPECT_TRUE(accepts_gzip("deflate, GZip;q=0.5"));
  EXPECT_TRUE(accepts_gzip(" br ; q=1 , x-gzip ; Q=1.000 "));
}

TEST(AcceptsGzip, ByStar) { EXPECT_TRUE(accepts_gzip("*;q=0.1")); }

TEST(AcceptsGzip, NotWithAWeightOfZero) {
  EXPECT_FALSE(accepts_gzip("gzip;q=0"));
  EXPECT_FALSE(accepts_gzip("gzip; q=0.000"));
  EXPECT_FALSE(accepts_gzip("*;q=0"));
}

TEST(AcceptsGzip, TheNameWinsOverTheStar) {
  EXPECT_FALSE(accepts_gzip("*, gzip;q=0"));
  EXPECT_TRUE(accepts_gzip("gzip, *;q=0"));
}

TEST(AcceptsGzip, NotIfAbsentOrUnreadable) {
  EXPECT_FALSE(accepts_gzip(""));
  EXPECT_FALSE(accepts_gzip("identity, br"));
  EXPECT_FALSE(accepts_gzip("gzip;q=high"));
  EXPECT_FALSE(accepts_gzip("gzip;level=9"));
  EXPECT_FALSE(accepts_gzip("notgzip"));
}

TEST(Gzip, ComesBackAsItWas) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "egresswatch_connection_attempts_total " + std::to_string(i) + "\n";
  const auto compressed = gzip(text);
  ASSERT_TRUE(compressed);
  EXPECT_LT(compressed->size(), text.size() / 4);
  EXPECT_EQ(gunzip(*compressed), text);
}

TEST(Gzip, OfWhatDoesNotGetSmaller) {
  std::mt19937 random(20261126);
  for (const std::size_t size : {65'000U, 65'536U, 400'000U}) {
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(random());
    const auto compressed = gzip(text);
    ASSERT_TRUE(compressed);
    EXPECT_EQ(gunzip(*compressed), text);
  }
}

TEST(Gzip, OfNothing) {
  const auto compressed = gzip("");
  ASSERT_TRUE(compressed);
  EXPECT_EQ(gunzip(*compressed), "");
}

}  // namespace
}  // namespace egresswatch::publish
