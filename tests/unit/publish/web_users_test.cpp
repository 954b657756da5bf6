// SPDX-License-Identifier: Apache-2.0
#include "publish/web_users.h"

#include <gtest/gtest.h>

#include <string>

namespace egresswatch::publish {
namespace {

using Verdict = WebUsers::Verdict;

// bcrypt of "a:password", cost 4
constexpr const char* kHash = "$2b$04$abcdefghijklmnopqrstuuYfLh5Zm3iAxWGsmkTzETyDR4/q5piZa";
// "prometheus:a:password", "prometheus:wrong", "nobody:wrong"
constexpr const char* kRight = "Basic cHJvbWV0aGV1czphOnBhc3N3b3Jk";
constexpr const char* kWrong = "Basic cHJvbWV0aGV1czp3cm9uZw==";
constexpr const char* kStranger = "Basic bm9ib2R5Ondyb25n";

class WebUsersTest : public ::testing::Test {
 protected:
  WebUsersTest() { users_.set({{"prometheus", kHash}}); }
  void wait() { now_ += 60 * WebUsers::kIntervalNs; }

  std::uint64_t now_ = 1;
  WebUsers users_{[this] { return now_; }};
};

TEST_F(WebUsersTest, WithoutUsersEverybodyIsAllowed) {
  users_.set({});
  EXPECT_EQ(users_.check(""), Verdict::allowed);
  EXPECT_EQ(users_.check(kWrong), Verdict::allowed);
}

TEST_F(WebUsersTest, APasswordMayHaveColons) { EXPECT_EQ(users_.check(kRight), Verdict::allowed); }

TEST_F(WebUsersTest, TheNameOfTheSchemeHasNoCase) {
  EXPECT_EQ(users_.check("bASIC cHJvbWV0aGV1czphOnBhc3N3b3Jk"), Verdict::allowed);
}

TEST_F(WebUsersTest, WrongOnesAreLookedAtOneByOne) {
  EXPECT_EQ(users_.check(kWrong), Verdict::denied);
  EXPECT_EQ(users_.check(kStranger), Verdict::throttled);
  EXPECT_EQ(users_.check(kRight), Verdict::throttled) << "not known yet";
  wait();
  EXPECT_EQ(users_.check(kStranger), Verdict::denied);
  wait();
  EXPECT_EQ(users_.check(kRight), Verdict::allowed);
  EXPECT_EQ(users_.check(kWrong), Verdict::throttled);
  EXPECT_EQ(users_.check(kRight), Verdict::allowed) << "known";
  EXPECT_EQ(users_.denied(), 2U);
  EXPECT_EQ(users_.throttled(), 3U);
}

TEST_F(WebUsersTest, WhatIsKnownIsForgottenWithTheUsers) {
  EXPECT_EQ(users_.check(kRight), Verdict::allowed);
  users_.set({{"prometheus", kHash}});
  EXPECT_EQ(users_.check(kRight), Verdict::allowed) << "the same";
  users_.set({{"other", kHash}});
  wait();
  EXPECT_EQ(users_.check(kRight), Verdict::denied);
}

TEST_F(WebUsersTest, WhatCannotBeRightCostsNothing) {
  for (const std::string& text :
       {std::string(), std::string("Basic"), std::string("Basic "), std::string("Bearer cHJvbWV0aGV1czphOnBhc3N3b3Jk"),
        std::string("Basic cHJvbWV0aGV1cw=="), std::string("Basic ===="), std::string("Basic c"),
        std::string("Basic !!!!"), "Basic " + std::string(4096, 'Q'), std::string("Basic Og=="),
        std::string("Basic YQA6YQ==")}) {
    now_ += 60 * WebUsers::kIntervalNs;
    EXPECT_EQ(users_.check(text), Verdict::denied) << text.substr(0, 40);
  }
}

}  // namespace
}  // namespace egresswatch::publish
