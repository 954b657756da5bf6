// SPDX-License-Identifier: Apache-2.0
// DNS as the pipeline counts and reports it.
#include <algorithm>
#include <cstddef>
#include <span>

#include "unit/app/pipeline_fixture.h"

namespace egresswatch::test {
namespace {

constexpr std::uint16_t kNxdomain = 3;
constexpr std::uint64_t kLongEnough = 6 * kSecond;  // the timeout of a question, and its grace

class DnsTest : public PipelineTest {
 protected:
  std::uint64_t answers(std::string_view service, std::string_view host, std::string_view rcode) {
    return account::dns_answers(pipeline().ledger(), service, host, rcode);
  }
  std::uint64_t dns_failures(std::string_view service, std::string_view host, DnsCause cause) {
    return account::dns_failures(pipeline().ledger(), service, host, cause);
  }
  std::uint64_t all_answers() {
    std::uint64_t sum = 0;
    for (const auto& row : snapshot().dns_answers) sum += row.count;
    return sum;
  }
  std::uint64_t all_failures() {
    std::uint64_t sum = 0;
    for (const auto& row : snapshot().dns_failures) sum += row.count;
    return sum;
  }
  static DnsWireBuilder fabrikam() { return DnsWireBuilder::answer(kVault).address(kVault, "203.0.113.1"); }
};

TEST_F(DnsTest, AnswerIsCountedTimedAndReported) {
  ask(kVault);
  now_ += 4 * kMs;
  answer(DnsWireBuilder::answer(kVault)
             .cname(kVault, "fabrikam.vaultcore.azure.net")
             .address("fabrikam.vaultcore.azure.net", "203.0.113.1")
             .address("fabrikam.vaultcore.azure.net", "203.0.113.2"));
  EXPECT_EQ(answers("key_vault", kVault, "NOERROR"), 1U);
  EXPECT_EQ(all_failures(), 0U);
  for (const auto& row : snapshot().durations) {
    if (row.service != "key_vault") continue;
    EXPECT_EQ(row.dns->count(), 1U);
    EXPECT_EQ(row.dns->sum_ns(), 4 * kMs);
  }
  ASSERT_EQ(sink_.dns().size(), 1U);
  const DnsReport& line = sink_.dns().front();
  EXPECT_EQ(line.service, "key_vault");
  EXPECT_EQ(line.unit, "sdk");
  EXPECT_EQ(line.process, "sdk");
  EXPECT_EQ(line.pid, 100U);
  EXPECT_EQ(line.question, kVault);
  EXPECT_EQ(line.question_type, DnsWireBuilder::kA);
  EXPECT_EQ(line.rcode, 0);
  EXPECT_EQ(line.cause, DnsCause::none);
  EXPECT_EQ(line.duration_ns, 4 * kMs);
  EXPECT_EQ(line.resolver.to_string(), "168.63.129.16:53");
  EXPECT_EQ(line.address_count, 2U);
  EXPECT_EQ(line.first_address.to_string(), "203.0.113.1");
  EXPECT_EQ(line.cname_tail, "fabrikam.vaultcore.azure.net");
}

TEST_F(DnsTest, NameThatDoesNotExist) {
  ask(kVault);
  answer(DnsWireBuilder::answer(kVault, DnsWireBuilder::kA, kNxdomain));
  EXPECT_EQ(answers("key_vault", kVault, "NXDOMAIN"), 1U);
  EXPECT_EQ(dns_failures("key_vault", kVault, DnsCause::nxdomain), 1U);
  EXPECT_EQ(sink_.dns().front().cause, DnsCause::nxdomain);
}

TEST_F(DnsTest, LinkedZoneWithoutItsRecord) {
  ask(kVault);
  answer(DnsWireBuilder::answer(kVault, DnsWireBuilder::kA, kNxdomain)
             .cname(kVault, "fabrikam.privatelink.vaultcore.azure.net"));
  EXPECT_EQ(dns_failures("key_vault", kVault, DnsCause::private_record_missing), 1U);
}

TEST_F(DnsTest, StrangersNameIsNoLabel) {
  resolve("www.example.com", {"203.0.113.1"});
  EXPECT_EQ(answers("other", "other", "NOERROR"), 1U);
  EXPECT_EQ(sink_.dns().front().question, "www.example.com");
}

TEST_F(DnsTest, NobodyAnswers) {
  ask(kVault);
  pipeline().tick(now_ + 5 * kSecond);
  EXPECT_EQ(all_failures(), 0U);
  pipeline().tick(now_ + kLongEnough);
  EXPECT_EQ(dns_failures("key_vault", kVault, DnsCause::no_answer), 1U);
  EXPECT_EQ(all_answers(), 0U);
  ASSERT_EQ(sink_.dns().size(), 1U);
  EXPECT_EQ(sink_.dns().front().cause, DnsCause::no_answer);
  EXPECT_EQ(sink_.dns().front().question, kVault);
  EXPECT_EQ(sink_.dns().front().address_count, 0U);
}

TEST_F(DnsTest, SilenceIsReportedOnce) {
  ask(kVault);
  for (std::uint64_t after = 0; after < 10; ++after) pipeline().tick(now_ + kLongEnough + after * kSecond);
  EXPECT_EQ(all_failures(), 1U);
}

TEST_F(DnsTest, TimeoutIsThatOfTheConfiguration) {
  options_.dns.query_timeout = std::chrono::seconds(1);
  ask(kVault);
  pipeline().tick(now_ + 2 * kSecond);
  EXPECT_EQ(all_failures(), 1U);
}

TEST_F(DnsTest, AnswerAfterTheTimeoutCountsNothing) {
  ask(kVault);
  now_ += kLongEnough;
  pipeline().tick(now_);
  answer(fabrikam());
  EXPECT_EQ(all_answers(), 0U);
  connect({});
  EXPECT_EQ(attempts("other", "other"), 1U);
}

TEST_F(DnsTest, TruncatedAnswerIsNoOutcome) {
  ask(kVault);
  answer(fabrikam().truncated());
  EXPECT_EQ(all_answers(), 0U);
  EXPECT_TRUE(sink_.dns().empty());
  EXPECT_EQ(pipeline().dns().tracker().counters().truncated, 1U);
}

// --- over TCP

class DnsOverTcpTest : public DnsTest {
 protected:
  static Bytes framed(const Bytes& message) {
    Bytes stream{static_cast<std::byte>(message.size() >> 8), static_cast<std::byte>(message.size() & 0xff)};
    stream.insert(stream.end(), message.begin(), message.end());
    return stream;
  }
  // One segment; `seq` of the next one of this direction.
  void segment(std::span<const std::byte> bytes, bool egress, std::uint32_t& seq) {
    send_dns(bytes, {.egress = egress, .tcp = true, .tcp_seq = seq});
    seq += static_cast<std::uint32_t>(bytes.size());
  }

  std::uint32_t to_resolver_ = 0xffff'ff00;  // wraps within the first messages
  std::uint32_t from_resolver_ = 5'000;
};

TEST_F(DnsOverTcpTest, MessagesInOneSegmentEach) {
  segment(framed(DnsWireBuilder::query(kVault).bytes()), true, to_resolver_);
  segment(framed(fabrikam().bytes()), false, from_resolver_);
  EXPECT_EQ(answers("key_vault", kVault, "NOERROR"), 1U);
  connect({});
  EXPECT_EQ(attempts("key_vault", kVault), 1U);
}

TEST_F(DnsOverTcpTest, MessagesInPieces) {
  const Bytes query = framed(DnsWireBuilder::query(kVault).bytes());
  const Bytes reply = framed(fabrikam().bytes());
  for (std::size_t at = 0; at < query.size(); ++at) segment(std::span(query).subspan(at, 1), true, to_resolver_);
  for (std::size_t at = 0; at < reply.size(); at += 7)
    segment(std::span(reply).subspan(at, std::min<std::size_t>(7, reply.size() - at)), false, from_resolver_);
  EXPECT_EQ(answers("key_vault", kVault, "NOERROR"), 1U);
  EXPECT_EQ(pipeline().dns().stream_losses(), 0U);
}

TEST_F(DnsOverTcpTest, SegmentsOfTwoConnectionsDoNotMix) {
  const Bytes query = framed(DnsWireBuilder::query(kVault).bytes());
  for (const std::size_t part : {std::size_t{0}, std::size_t{1}})
    for (const std::uint64_t socket : {901, 902}) {
      const auto half = part == 0 ? std::span(query).first(20) : std::span(query).subspan(20);
      send_dns(half, {.socket = socket, .tcp = true, .tcp_seq = part == 0 ? 1U : 21U});
    }
  for (const std::uint64_t socket : {901, 902})
    send_dns(framed(fabrikam().bytes()), {.egress = false, .socket = socket, .tcp = true, .tcp_seq = 1});
  EXPECT_EQ(answers("key_vault", kVault, "NOERROR"), 2U);
}

TEST_F(DnsOverTcpTest, LostSegmentIsCountedAndCostsItsMessageOnly) {
  segment(framed(DnsWireBuilder::query(kVault).bytes()), true, to_resolver_);
  const Bytes reply = framed(fabrikam().bytes());
  segment(std::span(reply).first(10), false, from_resolver_);
  from_resolver_ += static_cast<std::uint32_t>(reply.size() - 10);  // never seen
  segment(framed(DnsWireBuilder::answer(kVault).address(kVault, "203.0.113.7").bytes()), false, from_resolver_);
  EXPECT_EQ(pipeline().dns().stream_losses(), 1U);
  EXPECT_EQ(answers("key_vault", kVault, "NOERROR"), 1U);
}

TEST_F(DnsOverTcpTest, ManyConnectionsAreBounded) {
  const Bytes query = framed(DnsWireBuilder::query(kVault).bytes());
  for (std::uint64_t socket = 1; socket <= 2 * app::Dns::kMaxStreams; ++socket)
    send_dns(query, {.socket = socket, .tcp = true, .tcp_seq = 1});
  EXPECT_EQ(pipeline().dns().streams(), app::Dns::kMaxStreams);
  EXPECT_EQ(pipeline().dns().stream_evictions(), app::Dns::kMaxStreams);
}

TEST_F(DnsTest, AMillionForgedAnswersTeachNothing) {
  ask(kVault, 100, 0x1234);
  Bytes forged = dns_record(
      now_, DnsWireBuilder::answer(kVault, DnsWireBuilder::kA, 0, 0x4321).address(kVault, "203.0.113.66").bytes(),
      {.egress = false});
  const auto unmatched = [&] { return pipeline().dns().tracker().counters().unmatched; };
  const std::uint64_t before = unmatched();
  for (int i = 0; i < 1'000'000; ++i) {
    // every id but that of the question, in turn
    const auto id = static_cast<std::uint16_t>(i % 65'535 < 0x1234 ? i % 65'535 : i % 65'535 + 1);
    forged[sizeof(egw_dns)] = static_cast<std::byte>(id >> 8);
    forged[sizeof(egw_dns) + 1] = static_cast<std::byte>(id & 0xff);
    feed(forged);
  }
  EXPECT_EQ(unmatched() - before, 1'000'000U);
  EXPECT_EQ(pipeline().names().size(), 0U);
  EXPECT_EQ(snapshot().resolutions.size(), 0U);
  answer(DnsWireBuilder::answer(kVault).address(kVault, "203.0.113.1"));
  EXPECT_EQ(pipeline().names().size(), 1U) << "the right one still counts";
}

}  // namespace
}  // namespace egresswatch::test
