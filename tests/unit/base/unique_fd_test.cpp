// SPDX-License-Identifier: Apache-2.0
#include "base/unique_fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <type_traits>
#include <utility>

namespace egresswatch {
namespace {

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

UniqueFd open_something() { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

static_assert(!std::is_copy_constructible_v<UniqueFd>);
static_assert(!std::is_copy_assignable_v<UniqueFd>);
static_assert(std::is_nothrow_move_constructible_v<UniqueFd>);
static_assert(!std::is_convertible_v<int, UniqueFd>);

TEST(UniqueFd, IsNoneByDefault) {
  const UniqueFd fd;
  EXPECT_FALSE(fd);
  EXPECT_EQ(fd.get(), -1);
}

TEST(UniqueFd, ZeroIsADescriptor) {
  UniqueFd fd(0);
  EXPECT_TRUE(fd);
  EXPECT_EQ(fd.release(), 0);
}

TEST(UniqueFd, ClosesAtTheEnd) {
  int number = -1;
  {
    const UniqueFd fd = open_something();
    number = fd.get();
    ASSERT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(UniqueFd, MovingHandsItOver) {
  UniqueFd from = open_something();
  const int number = from.get();
  const UniqueFd to = std::move(from);
  EXPECT_FALSE(from);  // NOLINT(bugprone-use-after-move): what is left is what is tested
  EXPECT_EQ(to.get(), number);
  EXPECT_TRUE(is_open(number));
}

TEST(UniqueFd, AssigningClosesTheOldOne) {
  UniqueFd to = open_something();
  const int old = to.get();
  UniqueFd from = open_something();
  const int number = from.get();
  to = std::move(from);
  EXPECT_FALSE(is_open(old));
  EXPECT_EQ(to.get(), number);
  EXPECT_TRUE(is_open(number));
}

TEST(UniqueFd, AssigningToItselfKeepsIt) {
  UniqueFd fd = open_something();
  const int number = fd.get();
  UniqueFd& same = fd;
  fd = std::move(same);
  EXPECT_EQ(fd.get(), number);
  EXPECT_TRUE(is_open(number));
}

TEST(UniqueFd, ReleaseLeavesItOpen) {
  UniqueFd fd = open_something();
  const UniqueFd released(fd.release());
  EXPECT_FALSE(fd);
  EXPECT_TRUE(is_open(released.get()));
}

TEST(UniqueFd, ResetClosesAndTakes) {
  UniqueFd fd = open_something();
  const int old = fd.get();
  fd.reset(open_something().release());
  EXPECT_TRUE(fd);
  fd.reset();
  EXPECT_FALSE(fd);
  EXPECT_FALSE(is_open(old));
}

}  // namespace
}  // namespace egresswatch
