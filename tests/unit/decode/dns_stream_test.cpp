// SPDX-License-Identifier: Apache-2.0
#include "decode/dns_stream.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <string>

namespace egresswatch::decode {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint32_t kStart = 1000;

std::string framed(const std::string& message) {
  return std::string{static_cast<char>(message.size() >> 8), static_cast<char>(message.size() & 0xff)} + message;
}

// A stream, what came out of it, and the bytes that go in.
struct Fixture {
  void push(std::uint32_t seq, std::string_view bytes, std::size_t original_length = 0) {
    // exactly sized, so that the sanitizers see a read behind it
    const std::vector<char> copy(bytes.begin(), bytes.end());
    stream.push(seq, std::as_bytes(std::span(copy)), original_length ? original_length : bytes.size(),
                [this](std::span<const std::byte> message) {
                  messages.emplace_back(reinterpret_cast<const char*>(message.data()), message.size());
                });
  }
  // The bytes [from, to) of `all`, which starts at kStart.
  void push_part(const std::string& all, std::size_t from, std::size_t to) {
    push(kStart + static_cast<std::uint32_t>(from), std::string_view(all).substr(from, to - from));
  }

  DnsStream stream;
  std::vector<std::string> messages;
};

TEST(DnsStream, OneMessageInOneSegment) {
  Fixture f;
  f.push(kStart, framed("hello"));
  EXPECT_THAT(f.messages, ElementsAre("hello"));
  EXPECT_EQ(f.stream.counts().messages, 1U);
  EXPECT_FALSE(f.stream.lost());
}

TEST(DnsStream, SeveralMessagesInOneSegment) {
  Fixture f;
  f.push(kStart, framed("one") + framed("two") + framed("three"));
  EXPECT_THAT(f.messages, ElementsAre("one", "two", "three"));
}

TEST(DnsStream, OneByteAtATime) {
  Fixture f;
  const std::string all = framed("one") + framed("two");
  for (std::size_t i = 0; i < all.size(); ++i) f.push_part(all, i, i + 1);
  EXPECT_THAT(f.messages, ElementsAre("one", "two"));
}

TEST(DnsStream, LengthAloneThenBody) {
  Fixture f;
  const std::string all = framed("hello");
  f.push_part(all, 0, 2);
  EXPECT_THAT(f.messages, IsEmpty());
  f.push_part(all, 2, all.size());
  EXPECT_THAT(f.messages, ElementsAre("hello"));
}

TEST(DnsStream, EmptyMessage) {
  Fixture f;
  f.push(kStart, framed("") + framed("x"));
  EXPECT_THAT(f.messages, ElementsAre("", "x"));
}

TEST(DnsStream, EmptySegment) {
  Fixture f;
  f.push(kStart, "");
  f.push(kStart, framed("x"));
  EXPECT_THAT(f.messages, ElementsAre("x"));
}

TEST(DnsStream, LargestMessage) {
  Fixture f;
  const std::string message(DnsStream::kMaxMessage, 'm');
  const std::string all = framed(message);
  f.push_part(all, 0, 1000);
  f.push_part(all, 1000, all.size());
  EXPECT_THAT(f.messages, ElementsAre(message));
  EXPECT_EQ(f.stream.counts().too_long, 0U);
}

TEST(DnsStream, LongerMessageIsSkippedAndCounted) {
  Fixture f;
  const std::string all = framed(std::string(DnsStream::kMaxMessage + 1, 'm')) + framed("next");
  f.push_part(all, 0, 3000);
  f.push_part(all, 3000, all.size());
  EXPECT_THAT(f.messages, ElementsAre("next"));
  EXPECT_EQ(f.stream.counts().too_long, 1U);
  EXPECT_EQ(f.stream.counts().damaged, 0U);
}

TEST(DnsStream, Retransmission) {
  Fixture f;
  const std::string all = framed("one") + framed("two");
  f.push_part(all, 0, 4);
  f.push_part(all, 0, 4);
  f.push_part(all, 4, all.size());
  f.push_part(all, 0, all.size());
  EXPECT_THAT(f.messages, ElementsAre("one", "two"));
}

TEST(DnsStream, OverlapWhereTheFirstBytesCount) {
  Fixture f;
  f.push(kStart, framed("hello").substr(0, 5));
  f.push(kStart + 3, "XXlo");
  EXPECT_THAT(f.messages, ElementsAre("hello"));
}

TEST(DnsStream, KeepAliveProbe) {
  Fixture f;
  f.push(kStart, framed("one"));
  f.push(kStart + 4, std::string(1, '\0'));
  f.push(kStart + 5, framed("two"));
  EXPECT_THAT(f.messages, ElementsAre("one", "two"));
}

TEST(DnsStream, SequenceNumbersWrap) {
  Fixture f;
  const std::string all = framed("hello");
  f.push(0xfffffffe, all.substr(0, 3));
  f.push(1, all.substr(3));
  EXPECT_THAT(f.messages, ElementsAre("hello"));
}

TEST(DnsStream, GapWithinAMessageCostsThatMessage) {
  Fixture f;
  const std::string all = framed("damaged") + framed("fine");
  f.push_part(all, 0, 4);
  f.push_part(all, 6, all.size());
  EXPECT_THAT(f.messages, ElementsAre("fine"));
  EXPECT_FALSE(f.stream.lost());
  EXPECT_EQ(f.stream.counts().damaged, 1U);
  EXPECT_EQ(f.stream.counts().lost, 0U);
}

TEST(DnsStream, GapUpToWhereAMessageBegins) {
  Fixture f;
  const std::string all = framed("damaged") + framed("fine");
  f.push_part(all, 0, 4);
  f.push_part(all, 9, all.size());
  EXPECT_THAT(f.messages, ElementsAre("fine"));
  EXPECT_EQ(f.stream.counts().damaged, 1U);
}

TEST(DnsStream, GapBeyondAMessageLosesTheStream) {
  Fixture f;
  const std::string all = framed("damaged") + framed("missed") + framed("unreachable");
  f.push_part(all, 0, 4);
  f.push_part(all, 12, all.size());
  EXPECT_TRUE(f.stream.lost());
  EXPECT_THAT(f.messages, IsEmpty());
  EXPECT_EQ(f.stream.counts().lost, 1U);
  f.push(kStart + 500, framed("still unreachable"));
  EXPECT_TRUE(f.stream.lost());
  EXPECT_THAT(f.messages, IsEmpty());
  EXPECT_EQ(f.stream.counts().lost, 1U);
}

TEST(DnsStream, LostStreamIsFoundAgainWhereAMessageBegins) {
  Fixture f;
  const std::string all = framed("damaged") + framed("late") + framed("fine");
  f.push_part(all, 0, 4);
  f.push_part(all, 12, all.size());
  f.push_part(all, 9, all.size());
  EXPECT_FALSE(f.stream.lost());
  EXPECT_THAT(f.messages, ElementsAre("late", "fine"));
}

TEST(DnsStream, GapInTheLengthLosesTheStreamUntilItComesAgain) {
  Fixture f;
  const std::string all = framed("one") + framed("two");
  f.push_part(all, 0, 6);
  f.push_part(all, 7, all.size());
  EXPECT_TRUE(f.stream.lost());
  EXPECT_THAT(f.messages, ElementsAre("one"));
  f.push_part(all, 5, all.size());
  EXPECT_FALSE(f.stream.lost());
  EXPECT_THAT(f.messages, ElementsAre("one", "two"));
}

TEST(DnsStream, SegmentsInTheWrongOrder) {
  Fixture f;
  const std::string all = framed("one") + framed("two") + framed("three");
  f.push_part(all, 0, 5);
  f.push_part(all, 10, all.size());
  EXPECT_TRUE(f.stream.lost());
  f.push_part(all, 5, 10);
  EXPECT_FALSE(f.stream.lost());
  EXPECT_THAT(f.messages, ElementsAre("one", "two"));
}

TEST(DnsStream, CapturedFrontOfASegment) {
  Fixture f;
  const std::string all = framed("cut off") + framed("fine");
  f.push(kStart, std::string_view(all).substr(0, 6), 9);
  f.push_part(all, 9, all.size());
  EXPECT_THAT(f.messages, ElementsAre("fine"));
  EXPECT_EQ(f.stream.counts().damaged, 1U);
}

TEST(DnsStream, CaptureThatHidesWhereAMessageBeginsLosesTheStream) {
  Fixture f;
  const std::string all = framed("cut off") + framed("missed") + framed("next");
  f.push(kStart, std::string_view(all).substr(0, 6), 12);
  EXPECT_TRUE(f.stream.lost());
  f.push_part(all, 12, all.size());
  EXPECT_THAT(f.messages, IsEmpty());
}

TEST(DnsStream, LengthOnTheWireSmallerThanWhatIsThere) {
  Fixture f;
  f.push(kStart, framed("hello"), 1);
  EXPECT_THAT(f.messages, ElementsAre("hello"));
}

TEST(DnsStream, ResetForAnotherConnection) {
  Fixture f;
  f.push(kStart, framed("one").substr(0, 3));
  f.push(kStart + 100, "x");
  ASSERT_TRUE(f.stream.lost());
  f.stream.reset();
  EXPECT_FALSE(f.stream.lost());
  EXPECT_EQ(f.stream.counts().lost, 0U);
  f.push(7, framed("two"));
  EXPECT_THAT(f.messages, ElementsAre("two"));
}

// However a stream is cut and repeated, as long as nothing comes too early, every message comes out once.
TEST(DnsStream, RandomCutsAndRepeats) {
  std::mt19937 random(7766);
  const auto below = [&](std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
  };
  for (int round = 0; round < 500; ++round) {
    std::vector<std::string> expected;
    std::string all;
    for (std::size_t i = below(6); i-- > 0;) {
      expected.emplace_back(below(below(2) == 0 ? 10 : 600), static_cast<char>('a' + expected.size()));
      all += framed(expected.back());
    }
    Fixture f;
    f.push(kStart, "");
    for (std::size_t sent = 0; sent < all.size();) {
      const std::size_t from = below(3) == 0 ? below(sent + 1) : sent;
      const std::size_t to = std::min(all.size(), from + 1 + below(300));
      f.push_part(all, from, to);
      sent = std::max(sent, to);
    }
    EXPECT_EQ(f.messages, expected);
  }
}

}  // namespace
}  // namespace egresswatch::decode
