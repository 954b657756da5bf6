// SPDX-License-Identifier: Apache-2.0
#include "publish/line_output.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

namespace egresswatch::publish {
namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    read_end.reset(ends[0]);
    write_end.reset(ends[1]);
  }

  // Everything that can be read without waiting.
  [[nodiscard]] std::string drain() const {
    ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
    std::string text;
    std::array<char, 65536> buffer;
    for (ssize_t size = 0; (size = ::read(read_end.get(), buffer.data(), buffer.size())) > 0;)
      text.append(buffer.data(), static_cast<std::size_t>(size));
    return text;
  }

  UniqueFd read_end;
  UniqueFd write_end;
};

TEST(FdLineOutput, EachLineEndsWithANewline) {
  const Pipe pipe;
  FdLineOutput output(pipe.write_end.get());
  output.write_line("one");
  output.write_line("two");
  EXPECT_EQ(pipe.drain(), "one\ntwo\n");
}

TEST(FdLineOutput, AReaderThatHangsDoesNotStopTheWriter) {
  const Pipe pipe;
  FdLineOutput output(pipe.write_end.get());
  const std::string line(1000, 'x');
  for (int i = 0; i < 10'000; ++i) output.write_line(line);
  EXPECT_GT(output.lines_left_out(), 0);
}

TEST(FdLineOutput, NoLineIsTornAndTheMissingOnesAreAnnounced) {
  const Pipe pipe;
  FdLineOutput output(pipe.write_end.get());
  const std::string line(999, 'x');
  constexpr std::uint64_t kLines = 2000;
  for (std::uint64_t i = 0; i < kLines; ++i) output.write_line(line);
  const std::uint64_t left_out = output.lines_left_out();

  std::string text = pipe.drain();
  output.write_line("last");
  for (std::string more; !(more = pipe.drain()).empty(); output.flush()) text += more;

  std::uint64_t whole = 0;
  std::size_t begin = 0;
  std::string tail;
  for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    if (text.compare(begin, end - begin, line) == 0) {
      ++whole;
    } else {
      tail += text.substr(begin, end - begin + 1);
    }
  }
  EXPECT_EQ(whole + left_out, kLines);
  EXPECT_EQ(tail, "... " + std::to_string(left_out) + " lines left out: the reader was too slow\nlast\n");
}

TEST(FdLineOutput, AReaderOfJsonIsToldInJsonHowManyLinesWereLeftOut) {
  const Pipe pipe;
  FdLineOutput output(pipe.write_end.get(), FdLineOutput::Notice::json);
  while (output.lines_left_out() == 0) output.write_line(std::string(999, 'x'));
  (void)pipe.drain();
  output.write_line("{}");
  std::string text;
  for (std::string more; !(more = pipe.drain()).empty(); output.flush()) text += more;
  EXPECT_TRUE(text.ends_with("x\n{\"type\":\"left_out\",\"lines\":1}\n{}\n")) << text.substr(text.size() - 80);
}

TEST(FdLineOutput, TheFlagsOfTheSharedDescriptionStayAsTheyWere) {
  const Pipe pipe;
  const FdLineOutput output(pipe.write_end.get());
  EXPECT_EQ(::fcntl(pipe.write_end.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST(FdLineOutput, AReaderThatWentAwayIsNoError) {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  FdLineOutput output(pipe.write_end.get());
  pipe.read_end.reset();
  output.write_line("nobody reads this");
  std::signal(SIGPIPE, before);
}

}  // namespace
}  // namespace egresswatch::publish
