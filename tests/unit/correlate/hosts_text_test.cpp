// SPDX-License-Identifier: Apache-2.0
#include "correlate/hosts_text.h"

#include <gtest/gtest.h>

#include <string>

namespace egresswatch::correlate {
namespace {

TEST(HostsText, TakesEveryNameOfALineInItsOrderAndInLowerCase) {
  const HostsText hosts =
      parse_hosts("# pinned\n203.0.113.10\tVault.Example.\tvault # old\r\n\n2001:db8::1 six.example");
  ASSERT_EQ(hosts.entries.size(), 3U);
  EXPECT_EQ(hosts.entries[0].address, IpAddress::v4(203, 0, 113, 10));
  EXPECT_EQ(hosts.entries[0].name, "vault.example");
  EXPECT_EQ(hosts.entries[1].name, "vault");
  EXPECT_EQ(hosts.entries[2].address, *IpAddress::parse("2001:db8::1"));
  EXPECT_EQ(hosts.entries[2].name, "six.example");
  EXPECT_EQ(hosts.refused_lines + hosts.refused_names + hosts.over_limit, 0U);
}

TEST(HostsText, LeavesOutLoopbackAndUnspecifiedAddresses) {
  const HostsText hosts =
      parse_hosts("127.0.0.1 localhost\n::1 localhost\n0.0.0.0 blocked.example\n:: blocked.example\n");
  EXPECT_TRUE(hosts.entries.empty());
  EXPECT_EQ(hosts.refused_lines, 0U);
}

TEST(HostsText, CountsLinesWithoutAnAddressOrAName) {
  const HostsText hosts = parse_hosts("vault.example 203.0.113.10\n203.0.113.10\nfe80::1%eth0 link.example\n");
  EXPECT_TRUE(hosts.entries.empty());
  EXPECT_EQ(hosts.refused_lines, 3U);
}

TEST(HostsText, CountsWhatIsNoHostNameAndKeepsTheRestOfTheLine) {
  const HostsText hosts = parse_hosts("203.0.113.10 a..b . .c a/b " + std::string(254, 'a') + " good_1.example");
  ASSERT_EQ(hosts.entries.size(), 1U);
  EXPECT_EQ(hosts.entries[0].name, "good_1.example");
  EXPECT_EQ(hosts.refused_names, 5U);
}

TEST(HostsText, StopsAtItsLimits) {
  std::string line = "203.0.113.10";
  for (std::size_t i = 0; i < kMaxHostsEntries + 2; ++i) line += " a";
  const HostsText full = parse_hosts(line);
  EXPECT_EQ(full.entries.size(), kMaxHostsEntries);
  EXPECT_EQ(full.over_limit, 2U);
  const HostsText longer = parse_hosts("203.0.113.10 a\n" + std::string(kMaxHostsBytes, '#'));
  EXPECT_TRUE(longer.entries.empty());
  EXPECT_EQ(longer.over_limit, 1U);
}

}  // namespace
}  // namespace egresswatch::correlate
