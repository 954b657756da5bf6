// SPDX-License-Identifier: Apache-2.0
// The commands, asking a server like the daemon's or something worse.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <memory>
#include <thread>

#include "cli/commands.h"
#include "cli/control_client.h"
#include "publish/control_server.h"
#include "publish/control_socket.h"
#include "unit/publish/control_fixture.h"

namespace egresswatch::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kRemedyStart =
    "start it (systemctl start egresswatch), or name its socket with --control.socket";
constexpr std::string_view kRemedyRights = "run this as root or as a member of the group egresswatch";

class ClientTest : public ::testing::Test {
 protected:
  // Accepts one connection, reads what comes first, writes the bytes and closes.
  std::thread answer_with(std::string bytes) {
    auto socket = publish::open_control_socket(path_, std::nullopt);
    EXPECT_TRUE(socket) << socket.error().message;
    ::fcntl(socket->get(), F_SETFL, 0);
    return std::thread([socket = std::make_shared<UniqueFd>(std::move(*socket)), bytes = std::move(bytes)] {
      const UniqueFd peer(::accept(socket->get(), nullptr, nullptr));
      char request[1024];
      (void)::recv(peer.get(), request, sizeof request, 0);
      (void)::send(peer.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    });
  }
  static std::string response(std::string_view status, std::string_view body) {
    return "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           std::string(body);
  }

  publish::OpenDirectory directory_;
  std::string path_ = directory_ / "c.sock";
};

TEST_F(ClientTest, AsksTheDaemon) {
  boost::asio::io_context io;
  auto server = publish::ControlServer::listen(
      io, path_,
      {.status = [] { return std::string(R"({"daemon":{"data_complete":true},"rows":[]})"); },
       .explain =
           [](std::string_view target) {
             return R"({"message":"about )" + std::string(target) + R"(","seen":)" +
                    (target == "a" ? "true}" : "false}");
           },
       .flush = [] { return std::string(R"({"written":true})"); },
       .events =
           [](std::uint64_t after) {
             return "{\"n\":1}\n{\"n\":2}\n{\"next\":" + std::to_string(after + 2) + ",\"missed\":5,\"more\":true}\n";
           }});
  ASSERT_TRUE(server) << server.error().message;
  std::thread thread([&io] { io.run(); });

  EXPECT_EQ(status({.socket = path_, .json = true}).value(), "{\"daemon\":{\"data_complete\":true},\"rows\":[]}\n");
  EXPECT_THAT(status({.socket = path_}).value(), StartsWith("No connection and no failure was seen"));
  const auto seen = explain({.socket = path_}, "a");
  EXPECT_TRUE(seen->seen);
  EXPECT_THAT(seen->text, StartsWith("about a\n"));
  const auto unseen = explain({.socket = path_, .json = true}, "2001:db8::1 &%");
  EXPECT_FALSE(unseen->seen);
  EXPECT_EQ(unseen->text, "{\"message\":\"about 2001:db8::1 &%\",\"seen\":false}\n");
  EXPECT_TRUE(write_history(path_).value());
  EventPosition position{.next = 7};
  EXPECT_THAT(events(path_, position).value(), ::testing::ElementsAre("{\"n\":1}", "{\"n\":2}"));
  EXPECT_EQ(position.next, 9U);
  EXPECT_EQ(position.missed, 5U);
  EXPECT_TRUE(position.more);
  const auto too_long = explain({.socket = path_}, std::string(256, 'x'));
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().code, EINVAL);
  EXPECT_EQ(too_long.error().message, "the daemon at " + path_ +
                                          " says: What is to be explained must be a name or an address of at most 255 "
                                          "characters");

  boost::asio::post(io, [&server] { server->reset(); });
  thread.join();
}

TEST_F(ClientTest, NobodyListens) {
  const auto missing = status({.socket = path_});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message,
            "cannot ask the daemon at " + path_ + ": No such file or directory; " + std::string(kRemedyStart));
  { ASSERT_TRUE(publish::open_control_socket(path_, std::nullopt)); }
  const auto stale = status({.socket = path_});
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().message,
            "cannot ask the daemon at " + path_ + ": Connection refused; " + std::string(kRemedyStart));
}

TEST_F(ClientTest, WhoMayNotAskIsToldWhatToDo) {
  std::thread server = answer_with("");
  const auto closed = status({.socket = path_});
  server.join();
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().message,
            "cannot ask the daemon at " + path_ + ": it closed the connection; " + std::string(kRemedyRights));
}

TEST_F(ClientTest, TheSocketOfSomebodyElse) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to become somebody else";
  const auto socket = publish::open_control_socket(path_, std::nullopt);
  // 0: the sentence is right
  EXPECT_EQ(publish::as({.uid = 54320, .gid = 54320, .groups = {}},
                        [this] {
                          const auto refused = status({.socket = path_});
                          return !refused && refused.error().message.ends_with(kRemedyRights) ? 0 : 1;
                        }),
            0);
}

TEST_F(ClientTest, AnAnswerThatIsNoDocument) {
  for (const auto& [bytes, sentence] : std::vector<std::pair<std::string, std::string>>{
           {response("200 OK", "<html>"), " answered with something else than a document; is it an egresswatch?"},
           {response("200 OK", "[]"), " answered with something else than a document; is it an egresswatch?"},
           {response("500 Oops", "It \x1b[31mbroke.\n"), " says: It \\x1b[31mbroke"},
           {"SSH-2.0-OpenSSH_9.2\r\n", ": bad version; name its socket with --control.socket"},
           {"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{",
            ": partial message; name its socket with --control.socket"}}) {
    std::thread server = answer_with(bytes);
    const auto answer = status({.socket = path_});
    server.join();
    ASSERT_FALSE(answer) << bytes;
    EXPECT_THAT(answer.error().message, HasSubstr(path_ + sentence)) << bytes;
    EXPECT_NE(answer.error().code, EINVAL);
  }
}

TEST_F(ClientTest, APathThatCannotBeASocket) {
  for (const std::string& path : {std::string(), std::string(108, 'x')}) {
    const auto answer = status({.socket = path});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, EINVAL);
  }
}

TEST(PercentEncoded, EveryByteThatMeansSomethingInAQuery) {
  EXPECT_EQ(percent_encoded("a-Z.0_~"), "a-Z.0_~");
  EXPECT_EQ(percent_encoded("2001:db8::1%&=+ \xff"), "2001%3Adb8%3A%3A1%25%26%3D%2B%20%FF");
}

}  // namespace
}  // namespace egresswatch::cli
