// SPDX-License-Identifier: Apache-2.0
#include "publish/text.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <type_traits>

namespace egresswatch::publish {
namespace {

template <typename... Arguments>
std::string text_of(void (*append)(std::string&, Arguments...), std::type_identity_t<Arguments>... arguments) {
  std::string out;
  append(out, arguments...);
  return out;
}

TEST(Text, PlainTextPassesAndEverythingElseIsEscaped) {
  EXPECT_EQ(text_of(append_plain, "sync@a\\x2db.service"), "sync@a\\x2db.service");
  EXPECT_EQ(text_of(append_plain, "\x1b[2J"), "\\x1b[2J");
  EXPECT_EQ(text_of(append_plain, std::string_view("a\0\r\n\t\x7f", 6)), "a\\x00\\x0d\\x0a\\x09\\x7f");
  EXPECT_EQ(text_of(append_plain, "\u202Egpj.exe"), "\\xe2\\x80\\xaegpj.exe");
}

TEST(Text, LongPlainTextIsCut) { EXPECT_EQ(text_of(append_plain, std::string(1000, 'x')).size(), 255); }

TEST(Text, JsonStringsAreEscaped) {
  EXPECT_EQ(text_of(append_json_string, "a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(text_of(append_json_string, "a\nb\x1b\x7f"), R"("a\u000ab\u001b\u007f")");
  EXPECT_EQ(text_of(append_json_string, "caf\u00e9\xff"), "\"caf\u00e9\uFFFD\"");
}

TEST(Text, DurationsHaveAUnitThatFits) {
  EXPECT_EQ(text_of(append_duration, 350'999), "350 us");
  EXPECT_EQ(text_of(append_duration, 12'450'000), "12.4 ms");
  EXPECT_EQ(text_of(append_duration, 999'999'999), "999.9 ms");
  EXPECT_EQ(text_of(append_duration, 3'000'000'000), "3.0 s");
  EXPECT_EQ(text_of(append_duration, 131'072'000'000), "131 s");
}

TEST(Text, AgesHaveTheUnitThatPeopleUse) {
  const auto age = [](std::uint64_t seconds) {
    std::string out;
    append_age(out, seconds * 1'000'000'000 + 999'999'999);
    return out;
  };
  EXPECT_EQ(age(0), "0 s");
  EXPECT_EQ(age(119), "119 s");
  EXPECT_EQ(age(120), "2 min");
  EXPECT_EQ(age(7199), "119 min");
  EXPECT_EQ(age(7200), "2 h");
  EXPECT_EQ(age(172'799), "47 h");
  EXPECT_EQ(age(172'800), "2 days");
}

TEST(Text, BytesHaveAUnitThatFits) {
  EXPECT_EQ(text_of(append_bytes, 0), "0 B");
  EXPECT_EQ(text_of(append_bytes, 999), "999 B");
  EXPECT_EQ(text_of(append_bytes, 1'250), "1.2 kB");
  EXPECT_EQ(text_of(append_bytes, 999'999), "999.9 kB");
  EXPECT_EQ(text_of(append_bytes, 5'000'000'000'000'000), "5000.0 TB");
}

TEST(Text, EndpointsOfBothFamilies) {
  std::string out;
  append_endpoint(out, {IpAddress::v4(192, 0, 2, 1), 443});
  EXPECT_EQ(out, "192.0.2.1:443");
  out.clear();
  append_endpoint(out, {*IpAddress::parse("2001:db8::1"), 53});
  EXPECT_EQ(out, "[2001:db8::1]:53");
}

TEST(Text, TimestampsAreUtcWithMicroseconds) {
  EXPECT_EQ(text_of(append_timestamp, 1'790'000'000'000'042'999), "2026-09-21T14:13:20.000042Z");
}

TEST(Text, TimeOfDayIsLocal) {
  ::setenv("TZ", "TST-2", 1);
  ::tzset();
  EXPECT_EQ(text_of(append_time_of_day, 1'790'000'000'007'000'000), "16:13:20.007");
  ::unsetenv("TZ");
  ::tzset();
}

TEST(Text, ErrorsByName) {
  EXPECT_EQ(text_of(append_error_name, ECONNREFUSED), "ECONNREFUSED");
  EXPECT_EQ(text_of(append_error_name, 9999), "9999");
}

TEST(Text, DnsTypesByName) {
  EXPECT_EQ(text_of(append_dns_type, 28), "AAAA");
  EXPECT_EQ(text_of(append_dns_type, 64), "TYPE64");
}

TEST(Text, ColumnsNeverTouch) {
  std::string out = "ab";
  pad_column(out, 0, 4);
  EXPECT_EQ(out, "ab   ");
  out = "abcdef";
  pad_column(out, 0, 4);
  EXPECT_EQ(out, "abcdef ");
}

}  // namespace
}  // namespace egresswatch::publish
