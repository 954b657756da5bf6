// SPDX-License-Identifier: Apache-2.0
#include "publish/control_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <fstream>

#include "control_fixture.h"

namespace egresswatch::publish {
namespace {

using ::testing::HasSubstr;

// Numbers that no host gives to anybody.
constexpr gid_t kGroup = 54321;
constexpr Identity kNobody{.uid = 54320, .gid = 54320, .groups = {}};

// 0 or an errno value; the connection is closed at once.
int connect_to(const char* path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::size_t i = 0;
  for (; path[i] != '\0' && i + 1 < sizeof address.sun_path; ++i) address.sun_path[i] = path[i];
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  ::stat(path.c_str(), &status);
  return status.st_mode & 07777U;
}

TEST(ControlSocket, WithoutAGroupItIsTheOwnersAlone) {
  const OpenDirectory directory;
  const std::string path = directory / "c.sock";
  const auto socket = open_control_socket(path, std::nullopt);
  ASSERT_TRUE(socket) << socket.error().message;
  EXPECT_EQ(mode_of(path), 0600U);
  EXPECT_EQ(connect_to(path.c_str()), 0);
}

TEST(ControlSocket, TheFileOfADeadDaemonIsReplaced) {
  const OpenDirectory directory;
  const std::string path = directory / "c.sock";
  ASSERT_TRUE(open_control_socket(path, std::nullopt));
  ASSERT_EQ(connect_to(path.c_str()), ECONNREFUSED);
  const auto again = open_control_socket(path, std::nullopt);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(connect_to(path.c_str()), 0);
}

TEST(ControlSocket, ThatOfALiveOneIsNot) {
  const OpenDirectory directory;
  const std::string path = directory / "c.sock";
  const auto first = open_control_socket(path, std::nullopt);
  const auto second = open_control_socket(path, std::nullopt);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, EADDRINUSE);
  EXPECT_EQ(second.error().message, "cannot listen on the control socket " + path +
                                        ": another process listens there; stop it, or choose another with "
                                        "--control.socket");
  EXPECT_EQ(connect_to(path.c_str()), 0);
}

TEST(ControlSocket, AFileOfAnotherKindIsLeftAlone) {
  const OpenDirectory directory;
  const std::string path = directory / "c.sock";
  std::ofstream(path) << "precious";
  const auto socket = open_control_socket(path, std::nullopt);
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().code, EEXIST);
  EXPECT_TRUE(std::filesystem::is_regular_file(path));
}

TEST(ControlSocket, WithoutItsDirectoryThereIsNone) {
  const OpenDirectory directory;
  const auto socket = open_control_socket(directory / "missing/c.sock", std::nullopt);
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().code, ENOENT);
  EXPECT_THAT(socket.error().message, HasSubstr("No such file or directory"));
}

TEST(ControlSocket, APathThatIsTooLong) {
  const auto socket = open_control_socket("/" + std::string(107, 'x'), std::nullopt);
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().code, ENAMETOOLONG);
}

class ControlSocketAccess : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to become somebody else";
    auto socket = open_control_socket(path_, kGroup);
    ASSERT_TRUE(socket) << socket.error().message;
    socket_ = std::move(*socket);
  }
  // Whether a process of this identity that got through to the socket may ask.
  bool may_ask(const Identity& identity) {
    EXPECT_EQ(as(identity, [path = path_.c_str()] { return connect_to(path); }), 0);
    const UniqueFd peer(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    EXPECT_TRUE(peer);
    return peer_may_ask(peer.get(), kGroup);
  }

  OpenDirectory directory_;
  std::string path_ = directory_ / "c.sock";
  UniqueFd socket_;
};

TEST_F(ControlSocketAccess, TheFileIsForTheGroup) {
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_gid, kGroup);
  EXPECT_EQ(mode_of(path_), 0660U);
  EXPECT_EQ(as(kNobody, [path = path_.c_str()] { return connect_to(path); }), EACCES);
}

TEST_F(ControlSocketAccess, RootAndMembersOfTheGroupMayAsk) {
  EXPECT_TRUE(may_ask({}));
  EXPECT_TRUE(may_ask({.uid = 54320, .gid = kGroup, .groups = {}}));
  EXPECT_TRUE(may_ask({.uid = 54320, .gid = 54320, .groups = {1, kGroup}}));
  std::vector<gid_t> many;
  for (gid_t group = 60000; group < 60500; ++group) many.push_back(group);
  many.push_back(kGroup);
  EXPECT_TRUE(may_ask({.uid = 54320, .gid = 54320, .groups = many}));
}

// Should the mode of the file be changed by somebody.
TEST_F(ControlSocketAccess, OthersMayNotEvenIfTheFileLetsThem) {
  ASSERT_EQ(::chmod(path_.c_str(), 0666), 0);
  EXPECT_FALSE(may_ask(kNobody));
  EXPECT_FALSE(may_ask({.uid = 54320, .gid = 54320, .groups = {1, 2}}));
}

}  // namespace
}  // namespace egresswatch::publish
