// SPDX-License-Identifier: Apache-2.0
#include "correlate/name_table.h"

#include <gtest/gtest.h>

#include <string>

#include "allocations.h"
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

IpAddress numbered(std::uint32_t i) {
  return IpAddress::v4(11, static_cast<std::uint8_t>(i >> 16), static_cast<std::uint8_t>(i >> 8),
                       static_cast<std::uint8_t>(i));
}

void learn_numbered(NameTable& table, std::uint32_t i, std::string_view name, std::uint32_t pid, std::uint64_t now_ns) {
  AnswerMessage answer(1, name);
  answer.addresses[answer.address_count++] = {numbered(i), 300};
  table.learn(answer, pid, now_ns);
}

class NameTableTest : public ::testing::Test {
 protected:
  void learn(std::string_view name, const char* address, std::uint32_t pid, std::uint64_t now_ns,
             std::uint32_t ttl_s = 300) {
    table_.learn(AnswerMessage(1, name, {address}, ttl_s), pid, now_ns);
  }
  std::string name_for(std::uint32_t pid, std::uint64_t now_ns) {
    return std::string(table_.lookup(ip(kAddress), pid, now_ns).name);
  }

  NameTable table_{4, {}};
};

TEST_F(NameTableTest, KnowsNothingAtFirst) {
  const NameMatch match = table_.lookup(ip(kAddress), kPid, kNow);
  EXPECT_EQ(match.source, NameSource::none);
  EXPECT_TRUE(match.name.empty());
}

TEST_F(NameTableTest, GivesEveryAddressTheNameOfTheQuestion) {
  AnswerMessage answer(1, "v.vault.azure.net", {"203.0.113.10", "203.0.113.11", "2001:db8::1"});
  answer.through({"v.privatelink.vaultcore.azure.net", "front.msidentity.com"});
  const auto uid = table_.learn(answer, kPid, kNow);
  EXPECT_NE(uid, 0U);
  for (const char* address : {"203.0.113.10", "203.0.113.11", "2001:db8::1"}) {
    const NameMatch match = table_.lookup(ip(address), kPid, kNow + 5);
    EXPECT_EQ(match.name, "v.vault.azure.net");
    EXPECT_EQ(match.source, NameSource::dns_process);
    EXPECT_EQ(match.age_ns, 5U);
    EXPECT_EQ(match.answer_uid, uid);
    EXPECT_FALSE(match.ambiguous);
  }
}

TEST_F(NameTableTest, SaysWhenAnotherProcessAsked) {
  learn("v.vault.azure.net", kAddress, kPid, kNow);
  EXPECT_EQ(table_.lookup(ip(kAddress), kOtherPid, kNow).source, NameSource::dns_host);
  EXPECT_EQ(table_.lookup(ip(kAddress), 0, kNow).source, NameSource::dns_host);
}

TEST_F(NameTableTest, PrefersWhatTheProcessItselfAskedFor) {
  learn("mine.vault.azure.net", kAddress, kPid, kNow);
  learn("theirs.vault.azure.net", kAddress, kOtherPid, kNow + 1);
  EXPECT_EQ(name_for(kPid, kNow + 2), "mine.vault.azure.net");
  EXPECT_FALSE(table_.lookup(ip(kAddress), kPid, kNow + 2).ambiguous);
}

TEST_F(NameTableTest, PrefersTheNewestNameAndSaysThatThereAreOthers) {
  learn("old.vault.azure.net", kAddress, kPid, kNow);
  learn("new.vault.azure.net", kAddress, kPid, kNow + 1);
  EXPECT_EQ(name_for(kPid, kNow + 2), "new.vault.azure.net");
  EXPECT_TRUE(table_.lookup(ip(kAddress), kPid, kNow + 2).ambiguous);
  learn("old.vault.azure.net", kAddress, kPid, kNow + 3);
  EXPECT_EQ(name_for(kPid, kNow + 4), "old.vault.azure.net");
}

TEST_F(NameTableTest, IsNotAmbiguousWhenOthersAskedForTheSameName) {
  learn("v.vault.azure.net", kAddress, kPid, kNow);
  learn("v.vault.azure.net", kAddress, kOtherPid, kNow);
  EXPECT_FALSE(table_.lookup(ip(kAddress), 0, kNow).ambiguous);
}

TEST_F(NameTableTest, DoesNotTakeUnknownProcessesForOneAnother) {
  learn("v.vault.azure.net", kAddress, 0, kNow);
  EXPECT_EQ(table_.lookup(ip(kAddress), 0, kNow).source, NameSource::dns_host);
}

TEST_F(NameTableTest, KeepsANameForItsTtl) {
  learn("v.vault.azure.net", kAddress, kPid, kNow, 120);
  EXPECT_EQ(name_for(kPid, kNow + 120 * kSecond - 1), "v.vault.azure.net");
  EXPECT_EQ(name_for(kPid, kNow + 120 * kSecond), "");
  EXPECT_EQ(table_.size(), 0U);
  EXPECT_EQ(table_.names(), 0U);
  EXPECT_EQ(table_.counters().expired, 1U);
}

TEST_F(NameTableTest, KeepsANameForTheFloorWhenItsTtlIsShorter) {
  learn("v.vault.azure.net", kAddress, kPid, kNow, 0);
  EXPECT_EQ(name_for(kPid, kNow + 60 * kSecond - 1), "v.vault.azure.net");
  EXPECT_EQ(name_for(kPid, kNow + 60 * kSecond), "");
}

TEST_F(NameTableTest, DoesNotBelieveAnEndlessTtl) {
  learn("v.vault.azure.net", kAddress, kPid, kNow, 0xffffffff);
  EXPECT_EQ(name_for(kPid, kNow + NameTable::kTtlCeilingS * kSecond), "");
}

TEST_F(NameTableTest, DropsOnlyTheNameThatExpired) {
  learn("short.vault.azure.net", kAddress, kPid, kNow + 1, 60);
  learn("long.vault.azure.net", kAddress, kPid, kNow, 600);
  const NameMatch match = table_.lookup(ip(kAddress), kPid, kNow + 61 * kSecond + 1);
  EXPECT_EQ(match.name, "long.vault.azure.net");
  EXPECT_FALSE(match.ambiguous);
}

TEST_F(NameTableTest, KeepsAnExpiredNameWhileASocketUsesIt) {
  learn("v.vault.azure.net", kAddress, kPid, kNow);
  ASSERT_TRUE(table_.pin(ip(kAddress), 0));
  ASSERT_TRUE(table_.pin(ip(kAddress), 0));
  table_.unpin(ip(kAddress));
  EXPECT_EQ(name_for(kPid, kNow + 100'000 * kSecond), "v.vault.azure.net");
  table_.unpin(ip(kAddress));
  EXPECT_EQ(name_for(kPid, kNow + 100'000 * kSecond), "");
}

TEST_F(NameTableTest, DoesNotPinWhatItDoesNotKnow) {
  EXPECT_FALSE(table_.pin(ip(kAddress), 0));
  table_.unpin(ip(kAddress));
  EXPECT_EQ(table_.size(), 0U);
}

TEST_F(NameTableTest, MakesRoomWithAnExpiredEntryFirst) {
  for (std::uint32_t i = 0; i < 4; ++i) learn_numbered(table_, i, "x.example", kPid, kNow + i * kSecond);
  learn_numbered(table_, 9, "x.example", kPid, kNow + 301 * kSecond);
  EXPECT_EQ(table_.size(), 4U);
  EXPECT_EQ(table_.counters().expired, 1U);
  EXPECT_EQ(table_.counters().evicted, 0U);
}

TEST_F(NameTableTest, EvictsALiveEntryAsTheLastResortAndCountsIt) {
  for (std::uint32_t i = 0; i < 5; ++i) learn_numbered(table_, i, "x.example", kPid, kNow + i);
  EXPECT_EQ(table_.size(), 4U);
  EXPECT_EQ(table_.counters().evicted, 1U);
  EXPECT_TRUE(table_.lookup(numbered(0), kPid, kNow + 9).name.empty());
  EXPECT_EQ(table_.lookup(numbered(4), kPid, kNow + 9).name, "x.example");
}

TEST_F(NameTableTest, AFloodDoesNotEvictWhatIsPinned) {
  learn("v.vault.azure.net", kAddress, kPid, kNow);
  ASSERT_TRUE(table_.pin(ip(kAddress), 0));
  for (std::uint32_t i = 0; i < 1000; ++i)
    learn_numbered(table_, i, "n" + std::to_string(i) + ".example", kOtherPid, kNow + 500 * kSecond + i);
  EXPECT_EQ(name_for(kPid, kNow + 501 * kSecond), "v.vault.azure.net");
  EXPECT_EQ(table_.size(), 4U);
}

TEST_F(NameTableTest, AFloodOfNamesForAPinnedAddressDoesNotReplaceTheNameOfItsUser) {
  NameTable table(64, {});
  table.learn(AnswerMessage(1, "v.vault.azure.net", {kAddress}), kPid, kNow);
  ASSERT_TRUE(table.pin(ip(kAddress), 0));
  for (std::uint32_t i = 0; i < 100; ++i)
    table.learn(AnswerMessage(1, "n" + std::to_string(i) + ".example", {kAddress}), kOtherPid, kNow + 1 + i);
  EXPECT_EQ(table.lookup(ip(kAddress), kPid, kNow + 500).name, "v.vault.azure.net");
  EXPECT_EQ(table.counters().displaced, 93U);
  EXPECT_EQ(table.names(), 8U);
}

TEST_F(NameTableTest, ManyShortProcessesDoNotReplaceTheNameOfALongOne) {
  learn("v.vault.azure.net", kAddress, kPid, kNow);
  for (std::uint32_t i = 0; i < 100; ++i) learn("cron.vault.azure.net", kAddress, 1000 + i, kNow + 1 + i);
  EXPECT_EQ(name_for(kPid, kNow + 500), "v.vault.azure.net");
  EXPECT_EQ(name_for(1099, kNow + 500), "cron.vault.azure.net");
}

TEST_F(NameTableTest, RefusesANewAddressWhenAllArePinned) {
  for (std::uint32_t i = 0; i < 4; ++i) {
    learn_numbered(table_, i, "x.example", kPid, kNow);
    ASSERT_TRUE(table_.pin(numbered(i), 0));
  }
  EXPECT_EQ(table_.learn(AnswerMessage(1, "v.vault.azure.net", {kAddress}), kPid, kNow), 0U);
  EXPECT_EQ(table_.counters().refused_addresses, 1U);
  EXPECT_EQ(table_.names(), 1U);
}

TEST_F(NameTableTest, RefusesANameThatIsTooLong) {
  EXPECT_EQ(table_.learn(AnswerMessage(1, std::string(256, 'x'), {kAddress}), kPid, kNow), 0U);
  EXPECT_EQ(table_.counters().refused_names, 1U);
}

TEST_F(NameTableTest, MakesRoomForANameWithExpiredOnes) {
  for (std::uint32_t i = 0; i < 4; ++i) learn_numbered(table_, i, "n" + std::to_string(i), kPid, kNow);
  learn("v.vault.azure.net", kAddress, kPid, kNow + 301 * kSecond);
  EXPECT_EQ(name_for(kPid, kNow + 302 * kSecond), "v.vault.azure.net");
  EXPECT_EQ(table_.counters().evicted, 0U);
}

TEST_F(NameTableTest, DoesNotEvictInVainForANameThatFindsNoRoom) {
  NameTable table(16, {});
  const std::string long_name(200, 'x');
  for (std::uint32_t i = 0; i < 10; ++i) learn_numbered(table, i, long_name + std::to_string(i), kPid, kNow);
  EXPECT_EQ(table.size(), 2U);
  EXPECT_EQ(table.counters().evicted, 0U);
  EXPECT_EQ(table.counters().refused_names, 8U);
}

TEST_F(NameTableTest, LearnsNothingFromAQueryOrAnEmptyAnswer) {
  EXPECT_EQ(table_.learn(test::QueryMessage(1, "v.vault.azure.net"), kPid, kNow), 0U);
  EXPECT_EQ(table_.learn(AnswerMessage(1, "v.vault.azure.net"), kPid, kNow), 0U);
  EXPECT_EQ(table_.names(), 0U);
}

TEST_F(NameTableTest, NamesLoopbackOnlyForTheProcessThatAsked) {
  learn("blocked.example", "127.0.0.1", kPid, kNow);
  EXPECT_EQ(table_.lookup(ip("127.0.0.1"), kPid, kNow).name, "blocked.example");
  EXPECT_TRUE(table_.lookup(ip("127.0.0.1"), kOtherPid, kNow).name.empty());
}

TEST_F(NameTableTest, LooksUpAndRefreshesWithoutAllocating) {
  AnswerMessage answer(1, "a-name-of-more-than-thirty-characters.vault.azure.net", {kAddress, "2001:db8::1"});
  table_.learn(answer, kPid, kNow);
  const auto before = test::allocation_count();
  for (std::uint64_t i = 0; i < 100; ++i) {
    table_.learn(answer, kPid, kNow + i);
    EXPECT_FALSE(table_.lookup(ip(kAddress), kPid, kNow + i).name.empty());
  }
  EXPECT_EQ(test::allocation_count(), before);
}

TEST_F(NameTableTest, DoesNotAllocateForNewNamesOnceItIsFull) {
  const auto churn = [&](std::uint32_t from) {
    for (std::uint32_t i = from; i < from + 100; ++i) {
      const char name[] = {'n', static_cast<char>('0' + i % 10), static_cast<char>('0' + i / 10 % 10), '\0'};
      learn_numbered(table_, i, name, kPid, kNow + i);
    }
  };
  churn(0);
  const auto before = test::allocation_count();
  churn(100);
  EXPECT_EQ(test::allocation_count(), before);
}

// A table of 100 addresses, a unit that knows a few, and one that asks for many.
class SharedNameTable : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kPayroll = 11;
  static constexpr std::uint64_t kScanner = 12;

  void learn(std::uint64_t owner, std::uint32_t number, std::uint64_t now_ns = kNow) {
    const std::array addresses{numbered(number)};
    table_.learn_lookup("name-" + std::to_string(number) + ".example", addresses, {kPid, owner}, now_ns);
  }
  [[nodiscard]] bool knows(std::uint32_t number) { return !table_.lookup(numbered(number), kPid, kNow).name.empty(); }
  [[nodiscard]] std::uint32_t known(std::uint32_t begin, std::uint32_t end) {
    std::uint32_t count = 0;
    for (std::uint32_t i = begin; i < end; ++i) count += knows(i) ? 1 : 0;
    return count;
  }

  NameTable table_{100, {}};
};

TEST_F(SharedNameTable, OneUnitCannotEvictTheNamesOfAnother) {
  for (std::uint32_t i = 0; i < 20; ++i) learn(kPayroll, i);
  for (std::uint32_t i = 1'000; i < 101'000; ++i) learn(kScanner, i);
  EXPECT_EQ(known(0, 20), 20U);
  EXPECT_EQ(known(100'900, 101'000), 25U) << "it has a quarter of the table, for its newest";
  EXPECT_EQ(table_.size(), 45U);
  for (std::uint32_t i = 20; i < 25; ++i) learn(kPayroll, i);
  EXPECT_EQ(known(0, 25), 25U);
}

TEST_F(SharedNameTable, AUnitBelowItsShareTakesFromTheLargest) {
  for (std::uint32_t i = 0; i < 100; ++i) learn(kScanner + i / 25, 1'000 + i);
  ASSERT_EQ(table_.size(), 100U);
  for (std::uint32_t i = 0; i < 10; ++i) learn(kPayroll, i);
  EXPECT_EQ(known(0, 10), 10U);
  EXPECT_EQ(table_.size(), 100U);
  for (std::uint32_t i = 3'000; i < 9'000; ++i) learn(kScanner + 1, i);
  EXPECT_EQ(known(0, 10), 10U);
}

TEST_F(SharedNameTable, ANameThatTwoUnitsAskedForBelongsToTheSmaller) {
  for (std::uint32_t i = 0; i < 20; ++i) learn(kScanner, i);
  learn(kPayroll, 0);
  for (std::uint32_t i = 1'000; i < 5'000; ++i) learn(kScanner, i);
  EXPECT_TRUE(knows(0));
  EXPECT_EQ(known(1, 20), 0U);
}

TEST_F(SharedNameTable, AUnitThatHoldsItsSocketsOpenIsRefusedAtItsMost) {
  for (std::uint32_t i = 0; i < 20; ++i) learn(kPayroll, i);
  for (std::uint32_t i = 1'000; i < 1'200; ++i) {
    learn(kScanner, i);
    static_cast<void>(table_.pin(numbered(i), kNow));
  }
  EXPECT_EQ(known(0, 20), 20U);
  EXPECT_EQ(known(1'000, 1'200), 25U);
  EXPECT_EQ(table_.counters().refused_addresses, 175U);
}

TEST(NameTable, StaysUnder24MegabytesWith100000Addresses) {
  constexpr std::uint32_t kAddresses = 100'000;
  const auto before = test::allocated_bytes();
  NameTable table(kAddresses, {});
  char name[] = "name-000000.some.example.test";
  static_assert(sizeof name - 1 == 29);
  for (std::uint32_t i = 0; i < kAddresses; ++i) {
    for (std::uint32_t digit = 0, rest = i; digit < 6; ++digit, rest /= 10)
      name[10 - digit] = static_cast<char>('0' + rest % 10);
    learn_numbered(table, i, name, kPid, kNow);
  }
  ASSERT_EQ(table.size(), kAddresses);
  ASSERT_EQ(table.names(), kAddresses);
  const auto used = test::allocated_bytes() - before;
  RecordProperty("bytes_per_address", static_cast<int>(used / kAddresses));
  EXPECT_LT(used, 24'000'000U);
}

}  // namespace
}  // namespace egresswatch::correlate
