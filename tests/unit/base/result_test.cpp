// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <gtest/gtest.h>

#include <boost/system/result.hpp>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <utility>

namespace egresswatch {
namespace {

Result<int> parse(bool good) {
  if (!good) return Error{"not a number", EINVAL};
  return 42;
}

Result<std::string> load(bool good) {
  auto number = parse(good);
  if (!number) return std::move(number).error().in("line 3").in("reading a.yaml");
  // An Error can be made of a string too, so the value must be named as such.
  return {boost::system::in_place_value, std::to_string(*number)};
}

Result<> check(bool good) {
  const auto text = load(good);
  if (!text) return text.error();
  return {};
}

TEST(Result, CarriesTheValue) {
  const auto result = load(true);
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, "42");
}

TEST(Result, CarriesTheErrorWithItsContextInFront) {
  const auto result = load(false);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "reading a.yaml: line 3: not a number");
  EXPECT_EQ(result.error().code, EINVAL);
}

TEST(Result, OfNothingPassesTheErrorOn) {
  EXPECT_TRUE(check(true));
  const auto failed = check(false);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, EINVAL);
}

TEST(Result, TheValueOfAnErrorIsABug) { EXPECT_THROW((void)parse(false).value(), std::logic_error); }

TEST(Error, OfErrnoIsASentence) {
  const Error error = Error::from_errno(ENOENT, "opening /etc/egresswatch/egresswatch.yaml");
  EXPECT_EQ(error.message, "opening /etc/egresswatch/egresswatch.yaml: No such file or directory");
  EXPECT_EQ(error.code, ENOENT);
}

}  // namespace
}  // namespace egresswatch
