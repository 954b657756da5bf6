// SPDX-License-Identifier: Apache-2.0
#include "decode/first_payload.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace egresswatch::decode {
namespace {

struct Fixture {
  bool push(std::uint32_t offset, const std::string& bytes, std::uint32_t original_length) {
    // gone when this returns: the payload must have been copied
    const std::vector<char> copy(bytes.begin(), bytes.end());
    TcpPayload piece;
    piece.offset = offset;
    piece.original_length = original_length;
    piece.payload = std::as_bytes(std::span(copy));
    return payload.push(piece);
  }
  bool push(std::uint32_t offset, const std::string& bytes) {
    return push(offset, bytes, static_cast<std::uint32_t>(bytes.size()));
  }
  [[nodiscard]] std::string bytes() const {
    return {reinterpret_cast<const char*>(payload.bytes().data()), payload.bytes().size()};
  }

  FirstPayload payload;
};

TEST(FirstPayload, StartsEmpty) {
  Fixture f;
  EXPECT_EQ(f.bytes(), "");
  EXPECT_FALSE(f.payload.broken());
}

TEST(FirstPayload, PiecesInARow) {
  Fixture f;
  EXPECT_TRUE(f.push(0, "abc"));
  EXPECT_EQ(f.bytes(), "abc");
  EXPECT_TRUE(f.push(3, "de"));
  EXPECT_TRUE(f.push(5, "f"));
  EXPECT_EQ(f.bytes(), "abcdef");
  EXPECT_FALSE(f.payload.broken());
}

TEST(FirstPayload, GapBreaksItForGood) {
  Fixture f;
  f.push(0, "abc");
  EXPECT_FALSE(f.push(4, "e"));
  EXPECT_TRUE(f.payload.broken());
  EXPECT_FALSE(f.push(3, "d"));
  EXPECT_TRUE(f.payload.broken());
  EXPECT_EQ(f.bytes(), "abc");
}

TEST(FirstPayload, BeginningThatIsMissing) {
  Fixture f;
  EXPECT_FALSE(f.push(1448, "rest"));
  EXPECT_TRUE(f.payload.broken());
  EXPECT_EQ(f.bytes(), "");
}

TEST(FirstPayload, PieceOfWhatIsThereAlready) {
  Fixture f;
  f.push(0, "abc");
  EXPECT_FALSE(f.push(1, "bcd"));
  EXPECT_TRUE(f.payload.broken());
  EXPECT_EQ(f.bytes(), "abc");
}

TEST(FirstPayload, NothingBehindACutPiece) {
  Fixture f;
  EXPECT_TRUE(f.push(0, "abc", 5));
  EXPECT_FALSE(f.payload.broken());
  EXPECT_FALSE(f.push(3, "x"));
  EXPECT_TRUE(f.payload.broken());
  EXPECT_EQ(f.bytes(), "abc");
}

TEST(FirstPayload, PieceOfWhichNothingWasCaptured) {
  Fixture f;
  EXPECT_FALSE(f.push(0, "", 5));
  EXPECT_FALSE(f.payload.broken());
  EXPECT_FALSE(f.push(0, "abc"));
  EXPECT_TRUE(f.payload.broken());
}

TEST(FirstPayload, EmptyPieceChangesNothing) {
  Fixture f;
  EXPECT_FALSE(f.push(0, ""));
  EXPECT_TRUE(f.push(0, "abc"));
  EXPECT_EQ(f.bytes(), "abc");
}

TEST(FirstPayload, WhatIsBehindTheMaximumIsIgnored) {
  Fixture f;
  const std::string first(1448, 'a');
  const std::string second(1448, 'b');
  f.push(0, first);
  EXPECT_TRUE(f.push(1448, second));
  EXPECT_EQ(f.bytes(), first + second.substr(0, EGW_PAYLOAD_MAX - first.size()));
  EXPECT_FALSE(f.push(2896, "c"));
  EXPECT_FALSE(f.push(100000, "c"));
  EXPECT_FALSE(f.payload.broken());
}

TEST(FirstPayload, LastPieceCutAtTheMaximumAsTheKernelDoes) {
  Fixture f;
  f.push(0, std::string(2000, 'a'));
  EXPECT_TRUE(f.push(2000, std::string(304, 'b'), 1000));
  EXPECT_EQ(f.payload.bytes().size(), std::size_t{EGW_PAYLOAD_MAX});
  EXPECT_FALSE(f.push(2304, "c"));
  EXPECT_FALSE(f.payload.broken());
}

TEST(FirstPayload, OffsetThatWouldWrapAround) {
  Fixture f;
  f.push(0, "abc");
  EXPECT_FALSE(f.push(UINT32_MAX, "x"));
  EXPECT_TRUE(f.payload.broken());
}

TEST(FirstPayload, ResetForAnotherConnection) {
  Fixture f;
  f.push(0, "abc", 5);
  f.push(9, "x");
  f.payload.reset();
  EXPECT_FALSE(f.payload.broken());
  EXPECT_EQ(f.bytes(), "");
  EXPECT_TRUE(f.push(0, "de"));
  EXPECT_EQ(f.bytes(), "de");
}

}  // namespace
}  // namespace egresswatch::decode
