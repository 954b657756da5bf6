// SPDX-License-Identifier: Apache-2.0
// What getaddrinfo() told a process, beside what the DNS did.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "allocations.h"
#include "correlate/name_table.h"
#include "dns_messages.h"

namespace egresswatch::correlate {
namespace {

using test::AnswerMessage;
using test::ip;
using test::kSecond;

constexpr std::uint64_t kNow = 1000 * kSecond;
constexpr std::uint32_t kPid = 100;
constexpr std::uint32_t kOtherPid = 200;
const char* const kAddress = "203.0.113.10";

class NameTableLookupTest : public ::testing::Test {
 protected:
  void learn_lookup(std::string_view name, std::uint32_t pid, std::uint64_t now_ns,
                    const std::vector<const char*>& addresses = {kAddress}) {
    std::vector<IpAddress> parsed;
    for (const char* address : addresses) parsed.push_back(ip(address));
    table_.learn_lookup(name, parsed, pid, now_ns);
  }
  std::uint64_t learn(std::string_view name, std::uint32_t pid, std::uint64_t now_ns, std::uint32_t ttl_s = 300) {
    return table_.learn(AnswerMessage(1, name, {kAddress}, ttl_s), pid, now_ns);
  }
  void expect(const NameMatch& match, std::string_view name, NameSource source) {
    EXPECT_EQ(match.name, name);
    EXPECT_EQ(match.source, source) << to_string(match.source);
  }

  NameTable table_{4, {}};
};

TEST_F(NameTableLookupTest, NamesEveryAddressForItsProcess) {
  learn_lookup("v.vault.azure.net", kPid, kNow, {kAddress, "2001:db8::1"});
  for (const char* address : {kAddress, "2001:db8::1"}) {
    const NameMatch match = table_.lookup(ip(address), kPid, kNow + 5);
    expect(match, "v.vault.azure.net", NameSource::getaddrinfo);
    EXPECT_EQ(match.age_ns, 5U);
    EXPECT_EQ(match.answer_uid, 0U);
    EXPECT_FALSE(match.ambiguous);
  }
}

TEST_F(NameTableLookupTest, IsNothingToOtherProcesses) {
  learn_lookup("v.vault.azure.net", kPid, kNow);
  expect(table_.lookup(ip(kAddress), kOtherPid, kNow), "", NameSource::none);
  expect(table_.lookup(ip(kAddress), 0, kNow), "", NameSource::none);
  // and it is still there
  expect(table_.lookup(ip(kAddress), kPid, kNow), "v.vault.azure.net", NameSource::getaddrinfo);
  EXPECT_EQ(table_.counters().expired, 0U);
}

TEST_F(NameTableLookupTest, OfAnUnknownProcessNamesNothing) {
  learn_lookup("v.vault.azure.net", 0, kNow);
  expect(table_.lookup(ip(kAddress), 0, kNow), "", NameSource::none);
}

TEST_F(NameTableLookupTest, ComesAfterWhatTheProcessGotFromTheDns) {
  const auto uid = learn("vault1.corp.example", kPid, kNow);
  learn_lookup("vault1", kPid, kNow + 1);
  const NameMatch match = table_.lookup(ip(kAddress), kPid, kNow + 2);
  expect(match, "vault1.corp.example", NameSource::dns_process);
  EXPECT_EQ(match.answer_uid, uid);
  EXPECT_FALSE(match.ambiguous);
}

TEST_F(NameTableLookupTest, ComesBeforeWhatOthersGotFromTheDns) {
  learn_lookup("mine.vault.azure.net", kPid, kNow);
  learn("theirs.vault.azure.net", kOtherPid, kNow + 1);
  expect(table_.lookup(ip(kAddress), kPid, kNow + 2), "mine.vault.azure.net", NameSource::getaddrinfo);
  const NameMatch host = table_.lookup(ip(kAddress), 300, kNow + 2);
  expect(host, "theirs.vault.azure.net", NameSource::dns_host);
  EXPECT_FALSE(host.ambiguous);
}

TEST_F(NameTableLookupTest, OfTheSameNameAsAnAnswerIsOneEntryAndTheAnswerTellsIt) {
  const auto uid = learn("v.vault.azure.net", kPid, kNow, 300);
  learn_lookup("v.vault.azure.net", kPid, kNow + 290 * kSecond);
  EXPECT_EQ(table_.names(), 1U);
  // alive by the floor of the lookup
  const NameMatch match = table_.lookup(ip(kAddress), kPid, kNow + 349 * kSecond);
  expect(match, "v.vault.azure.net", NameSource::dns_process);
  EXPECT_EQ(match.answer_uid, uid);
  EXPECT_EQ(match.age_ns, 59 * kSecond);
}

TEST_F(NameTableLookupTest, BecomesADnsNameWhenTheAnswerComesLater) {
  learn_lookup("v.vault.azure.net", kPid, kNow);
  const auto uid = learn("v.vault.azure.net", kPid, kNow + 1);
  const NameMatch match = table_.lookup(ip(kAddress), kPid, kNow + 2);
  expect(match, "v.vault.azure.net", NameSource::dns_process);
  EXPECT_EQ(match.answer_uid, uid);
  expect(table_.lookup(ip(kAddress), kOtherPid, kNow + 2), "v.vault.azure.net", NameSource::dns_host);
}

TEST_F(NameTableLookupTest, TheNewestOfTwoWinsAndSaysThatThereIsAnother) {
  learn_lookup("old.vault.azure.net", kPid, kNow);
  learn_lookup("new.vault.azure.net", kPid, kNow + 1);
  const NameMatch match = table_.lookup(ip(kAddress), kPid, kNow + 2);
  expect(match, "new.vault.azure.net", NameSource::getaddrinfo);
  EXPECT_TRUE(match.ambiguous);
  learn_lookup("old.vault.azure.net", kPid, kNow + 3);
  expect(table_.lookup(ip(kAddress), kPid, kNow + 4), "old.vault.azure.net", NameSource::getaddrinfo);
}

TEST_F(NameTableLookupTest, LivesForTheFloor) {
  learn_lookup("v.vault.azure.net", kPid, kNow);
  expect(table_.lookup(ip(kAddress), kPid, kNow + 60 * kSecond - 1), "v.vault.azure.net", NameSource::getaddrinfo);
  expect(table_.lookup(ip(kAddress), kPid, kNow + 60 * kSecond), "", NameSource::none);
  EXPECT_EQ(table_.size(), 0U);
  EXPECT_EQ(table_.names(), 0U);
}

TEST_F(NameTableLookupTest, LivesAsLongAsASocketUsesTheAddress) {
  learn_lookup("v.vault.azure.net", kPid, kNow);
  ASSERT_TRUE(table_.pin(ip(kAddress), 0));
  expect(table_.lookup(ip(kAddress), kPid, kNow + 100'000 * kSecond), "v.vault.azure.net", NameSource::getaddrinfo);
}

TEST_F(NameTableLookupTest, NamesLoopbackForItsProcessOnly) {
  learn_lookup("proxy.corp.example", kPid, kNow, {"127.0.0.1"});
  expect(table_.lookup(ip("127.0.0.1"), kPid, kNow), "proxy.corp.example", NameSource::getaddrinfo);
  expect(table_.lookup(ip("127.0.0.1"), kOtherPid, kNow), "", NameSource::none);
}

TEST_F(NameTableLookupTest, IsComparedInLowerCaseWithoutTheFinalDot) {
  learn_lookup("V.Vault.Azure.NET.", kPid, kNow);
  expect(table_.lookup(ip(kAddress), kPid, kNow), "v.vault.azure.net", NameSource::getaddrinfo);
}

TEST_F(NameTableLookupTest, RefusesWhatIsNoHostName) {
  const std::string_view bad[] = {"", ".", "a..b", "a b", std::string_view("a\0b", 3), "v\xc3\xa4.net", "a/b", "a\nb"};
  for (const std::string_view name : bad) learn_lookup(name, kPid, kNow);
  learn_lookup(std::string(254, 'x'), kPid, kNow);
  EXPECT_EQ(table_.counters().refused_names, std::size(bad) + 1);
  EXPECT_EQ(table_.size(), 0U);
  EXPECT_EQ(table_.names(), 0U);
  learn_lookup(std::string(253, 'x'), kPid, kNow);
  EXPECT_EQ(table_.size(), 1U);
}

TEST_F(NameTableLookupTest, OfNoAddressTeachesNothing) {
  learn_lookup("v.vault.azure.net", kPid, kNow, {});
  EXPECT_EQ(table_.size(), 0U);
  EXPECT_EQ(table_.names(), 0U);
}

TEST_F(NameTableLookupTest, EvictsAndIsEvictedAsAnswersAre) {
  for (int i = 0; i < 5; ++i)
    learn_lookup("x.example", kPid, kNow + static_cast<std::uint64_t>(i), {("203.0.113." + std::to_string(i)).c_str()});
  EXPECT_EQ(table_.size(), 4U);
  EXPECT_EQ(table_.counters().evicted, 1U);
  expect(table_.lookup(ip("203.0.113.0"), kPid, kNow + 9), "", NameSource::none);
}

TEST_F(NameTableLookupTest, DoesNotAllocateOnceKnown) {
  const std::vector<IpAddress> addresses{ip(kAddress), ip("2001:db8::1")};
  const std::string name = "A-Name-Of-More-Than-Thirty-Characters.vault.azure.net";
  table_.learn_lookup(name, addresses, kPid, kNow);
  const auto before = test::allocation_count();
  for (std::uint64_t i = 0; i < 100; ++i) {
    table_.learn_lookup(name, addresses, kPid, kNow + i);
    EXPECT_FALSE(table_.lookup(addresses[0], kPid, kNow + i).name.empty());
  }
  EXPECT_EQ(test::allocation_count(), before);
}

}  // namespace
}  // namespace egresswatch::correlate
