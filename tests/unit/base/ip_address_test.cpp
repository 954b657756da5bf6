// SPDX-License-Identifier: Apache-2.0
#include "egresswatch/model/ip_address.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <unordered_set>

namespace egresswatch {
namespace {

using namespace std::string_view_literals;

IpAddress address(std::string_view text) { return IpAddress::parse(text).value_or(IpAddress{}); }

struct RoundTrip {
  std::string_view text;
  std::string_view expected;
  bool v4;

  // The name of the test; without this it would hold the bytes of pointers.
  friend void PrintTo(const RoundTrip& round_trip, std::ostream* out) { *out << round_trip.text; }
};

class IpAddressText : public testing::TestWithParam<RoundTrip> {};

TEST_P(IpAddressText, IsReadAndWritten) {
  const auto parsed = IpAddress::parse(GetParam().text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->to_string(), GetParam().expected);
  EXPECT_EQ(parsed->is_v4(), GetParam().v4);
}

INSTANTIATE_TEST_SUITE_P(
    All, IpAddressText,
    testing::Values(RoundTrip{"192.0.2.1", "192.0.2.1", true}, RoundTrip{"0.0.0.0", "0.0.0.0", true},
                    RoundTrip{"255.255.255.255", "255.255.255.255", true}, RoundTrip{"::", "::", false},
                    RoundTrip{"::1", "::1", false}, RoundTrip{"2001:DB8::1", "2001:db8::1", false},
                    RoundTrip{"2001:db8:0:0:0:0:0:1", "2001:db8::1", false},
                    RoundTrip{"::ffff:192.0.2.1", "192.0.2.1", true}, RoundTrip{"::ffff:c000:201", "192.0.2.1", true},
                    RoundTrip{"::192.0.2.1", "::192.0.2.1", false},
                    RoundTrip{"fe80:1111:2222:3333:4444:5555:6666:7777", "fe80:1111:2222:3333:4444:5555:6666:7777",
                              false},
                    RoundTrip{"0000:0000:0000:0000:0000:ffff:192.168.100.228", "192.168.100.228", true}));

class NotAnIpAddress : public testing::TestWithParam<std::string_view> {};

TEST_P(NotAnIpAddress, IsRefused) { EXPECT_EQ(IpAddress::parse(GetParam()), std::nullopt); }

INSTANTIATE_TEST_SUITE_P(All, NotAnIpAddress,
                         testing::Values(""sv, "1"sv, "1.2.3"sv, "1.2.3.4.5"sv, "256.0.0.1"sv, "01.2.3.4"sv,
                                         "0x1.2.3.4"sv, " 1.2.3.4"sv, "1.2.3.4 "sv, "1.2.3.4/32"sv, "1.2.3.4:80"sv,
                                         "[::1]"sv, "fe80::1%eth0"sv, ":::"sv, "1::2::3"sv, "2001:db8::/32"sv,
                                         "12345::"sv, "vault.azure.net"sv, "1.2.3.4\0"sv, "1.2.3.4\0junk"sv,
                                         "::1\0:1"sv,
                                         // longer than any address, to be cut nowhere
                                         "0000:0000:0000:0000:0000:0000:255.255.255.2550"sv,
                                         "11111111111111111111111111111111111111111111111111111111111111"sv));

TEST(IpAddress, V4HoldsTheMappedForm) {
  const IpAddress v4 = IpAddress::v4(192, 0, 2, 1);
  EXPECT_EQ(v4, address("192.0.2.1"));
  EXPECT_EQ(v4, address("::ffff:192.0.2.1"));
  EXPECT_NE(v4, address("::192.0.2.1"));
}

TEST(IpAddress, Loopback) {
  EXPECT_TRUE(address("127.0.0.1").is_loopback());
  EXPECT_TRUE(address("127.255.255.254").is_loopback());
  EXPECT_TRUE(address("::ffff:127.0.0.53").is_loopback());
  EXPECT_TRUE(address("::1").is_loopback());
  EXPECT_FALSE(address("128.0.0.1").is_loopback());
  EXPECT_FALSE(address("::2").is_loopback());
  EXPECT_FALSE(address("::").is_loopback());
}

TEST(IpAddress, Unspecified) {
  EXPECT_TRUE(IpAddress{}.is_unspecified());
  EXPECT_TRUE(address("::").is_unspecified());
  EXPECT_TRUE(address("0.0.0.0").is_unspecified());
  EXPECT_FALSE(address("0.0.0.1").is_unspecified());
  EXPECT_FALSE(address("::1").is_unspecified());
}

TEST(IpAddress, OrderIsTheOrderOfBytes) {
  EXPECT_LT(address("10.0.0.1"), address("10.0.0.2"));
  EXPECT_LT(address("9.255.255.255"), address("10.0.0.0"));
  EXPECT_LT(address("255.255.255.255"), address("2001:db8::"));
}

// Tables are keyed by address: neighbours in one subnet must not fall together.
TEST(IpAddress, HashTellsNeighboursApart) {
  std::unordered_set<std::size_t> hashes;
  for (int i = 0; i < 65536; ++i) {
    hashes.insert(std::hash<IpAddress>{}(
        IpAddress::v4(10, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i & 0xff))));
    IpAddress v6 = address("2001:db8::");
    v6.bytes[6] = static_cast<std::uint8_t>(i >> 8);
    v6.bytes[15] = static_cast<std::uint8_t>(i & 0xff);
    hashes.insert(std::hash<IpAddress>{}(v6));
  }
  EXPECT_GT(hashes.size(), 2 * 65536 - 10U);
}

TEST(Endpoint, Text) {
  EXPECT_EQ((Endpoint{address("192.0.2.1"), 443}.to_string()), "192.0.2.1:443");
  EXPECT_EQ((Endpoint{address("2001:db8::1"), 443}.to_string()), "[2001:db8::1]:443");
  EXPECT_EQ((Endpoint{address("::ffff:192.0.2.1"), 0}.to_string()), "192.0.2.1:0");
}

TEST(Endpoint, EqualOnlyWithTheSamePort) {
  const Endpoint a{address("192.0.2.1"), 443};
  EXPECT_EQ(a, (Endpoint{address("::ffff:192.0.2.1"), 443}));
  EXPECT_NE(a, (Endpoint{address("192.0.2.1"), 80}));
  EXPECT_LT((Endpoint{address("192.0.2.1"), 80}), a);
}

}  // namespace
}  // namespace egresswatch
