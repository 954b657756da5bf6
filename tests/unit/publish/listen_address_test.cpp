// SPDX-License-Identifier: Apache-2.0
#include "publish/listen_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace egresswatch::publish {
namespace {

TEST(ListenAddress, TakesBothFamilies) {
  EXPECT_EQ(parse_listen_address("127.0.0.1:10180")->to_string(), "127.0.0.1:10180");
  EXPECT_EQ(parse_listen_address("[::1]:0")->to_string(), "[::1]:0");
}

TEST(ListenAddress, LocalhostIsLoopbackWithoutAskingAResolver) {
  EXPECT_EQ(parse_listen_address("localhost:80")->to_string(), "127.0.0.1:80");
}

TEST(ListenAddress, NoHostIsEveryAddress) { EXPECT_EQ(parse_listen_address(":9100")->to_string(), "[::]:9100"); }

TEST(ListenAddress, RefusesEverythingElse) {
  for (const char* text : {"", ":", "10180", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
                           "127.0.0.1:80x", "[127.0.0.1]:80", "::1:80", "example.com:80", "[::1:80", "127.0.0.1: 80"})
    EXPECT_FALSE(parse_listen_address(text)) << text;
}

TEST(ListenAddress, TheErrorShowsTheTextAndHowToWriteIt) {
  EXPECT_THAT(parse_listen_address("example.com:80").error().message,
              testing::AllOf(testing::HasSubstr("'example.com:80'"), testing::HasSubstr("127.0.0.1:10180")));
}

}  // namespace
}  // namespace egresswatch::publish
