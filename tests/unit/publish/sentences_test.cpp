// SPDX-License-Identifier: Apache-2.0
#include "publish/sentences.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "report_fixture.h"

namespace egresswatch::publish {
namespace {

template <typename Report>
std::string sentence(const Report& report) {
  std::string out;
  append_sentence(out, report);
  return out;
}

TEST(Sentence, Established) { EXPECT_EQ(sentence(sample_connection()), "connected in 12.4 ms"); }

TEST(Sentence, EstablishedAfterLostSyns) {
  ConnectionReport report = sample_connection();
  report.connect_latency_ns = 3'012'000'000;
  report.syn_retransmits = 2;
  EXPECT_EQ(sentence(report), "connected in 3.0 s, after 2 lost SYNs");
}

TEST(Sentence, EstablishedBeforeTheStart) {
  ConnectionReport report = sample_connection();
  report.connect_latency_ns = 0;
  EXPECT_EQ(sentence(report), "connected");
}

TEST(Sentence, Cancelled) {
  ConnectionReport report = sample_connection();
  report.verdict = Verdict::cancelled;
  report.duration_ns = 120'000'000;
  EXPECT_EQ(sentence(report),
            "closed by the client after 120.0 ms, before an answer and before a SYN was repeated: not a failure");
}

TEST(Sentence, Closed) {
  ConnectionReport report = sample_connection();
  report.verdict = Verdict::closed;
  report.duration_ns = 5'000'000'000;
  report.bytes_sent = 1200;
  report.bytes_received = 5600;
  report.retransmits = 1;
  EXPECT_EQ(sentence(report), "closed after 5.0 s: sent 1.2 kB, received 5.6 kB, 1 segment repeated");
}

TEST(Sentence, RouteFailures) {
  EXPECT_EQ(sentence(sample_failure(Stage::route, Cause::no_route, ENETUNREACH)),
            "this host has no route to it (ENETUNREACH)");
  EXPECT_EQ(sentence(sample_failure(Stage::route, Cause::prohibited, EACCES)),
            "a route of this host forbids it (EACCES)");
  EXPECT_EQ(sentence(sample_failure(Stage::route, Cause::denied_locally, EPERM)),
            "denied on this host before a packet left (EPERM)");
  EXPECT_EQ(sentence(sample_failure(Stage::route, Cause::no_local_port, EADDRNOTAVAIL)),
            "no free local port (EADDRNOTAVAIL)");
}

TEST(Sentence, Refused) {
  EXPECT_EQ(sentence(sample_failure(Stage::connect, Cause::refused, ECONNREFUSED)),
            "refused after 3.0 s (ECONNREFUSED): the port is closed, or a firewall rejects");
}

TEST(Sentence, NoReplyCountsTheFirstSynToo) {
  ConnectionReport report = sample_failure(Stage::connect, Cause::no_reply, ETIMEDOUT);
  report.syn_retransmits = 6;
  report.duration_ns = 131'000'000'000;
  EXPECT_EQ(sentence(report),
            "no answer to 7 SYNs in 131 s (ETIMEDOUT): something drops the packets silently, or nobody is there");
}

TEST(Sentence, Abandoned) {
  ConnectionReport report = sample_failure(Stage::connect, Cause::abandoned);
  report.syn_retransmits = 1;
  EXPECT_EQ(sentence(report),
            "no answer to 2 SYNs; the client gave up after 3.0 s: "
            "something drops the packets silently, or nobody is there");
}

TEST(Sentence, IcmpFailures) {
  EXPECT_EQ(sentence(sample_failure(Stage::connect, Cause::icmp_unreachable, EHOSTUNREACH)),
            "an ICMP message says that it cannot be reached (EHOSTUNREACH)");
  EXPECT_EQ(sentence(sample_failure(Stage::connect, Cause::icmp_prohibited, EHOSTUNREACH)),
            "an ICMP message says that it is prohibited (EHOSTUNREACH): a firewall rejects");
}

TEST(Sentence, ResetInMidStream) {
  ConnectionReport report = sample_failure(Stage::data, Cause::reset, ECONNRESET);
  report.bytes_sent = 700;
  report.bytes_received = 4000;
  EXPECT_EQ(sentence(report), "reset after 3.0 s (ECONNRESET): sent 700 B, received 4.0 kB");
}

TEST(Sentence, ResetBeforeAnyAnswerHintsAtAFirewall) {
  ConnectionReport report = sample_failure(Stage::data, Cause::reset, ECONNRESET);
  report.bytes_sent = 1700;
  EXPECT_THAT(sentence(report), testing::EndsWith("lets the handshake pass and then stops the data"));
}

TEST(Sentence, EveryStageAndCauseHasOne) {
  for (std::size_t stage = 0; stage < kStageNames.size(); ++stage)
    for (std::size_t cause = 0; cause < kCauseNames.size(); ++cause)
      EXPECT_NE(sentence(sample_failure(static_cast<Stage>(stage), static_cast<Cause>(cause))), "");
}

TEST(Sentence, ResolvedName) {
  EXPECT_EQ(sentence(sample_dns()), "A NOERROR in 3.2 ms; 20.1.2.3 and 1 more; alias of azkms-prod.trafficmanager.net");
}

TEST(Sentence, NoSuchName) {
  DnsReport report = sample_dns();
  report.rcode = 3;
  report.cause = DnsCause::nxdomain;
  report.address_count = 0;
  report.cname_tail = {};
  EXPECT_EQ(sentence(report), "A NXDOMAIN in 3.2 ms: there is no such name");
}

TEST(Sentence, ResolverIsSilent) {
  DnsReport report = sample_dns();
  report.cause = DnsCause::no_answer;
  report.duration_ns = 5'000'000'000;
  report.address_count = 0;
  EXPECT_EQ(sentence(report), "A: no answer in 5.0 s");
}

TEST(Sentence, EveryDnsCauseHasOne) {
  for (std::size_t cause = 1; cause < kDnsCauseNames.size(); ++cause) {
    DnsReport report = sample_dns();
    report.cause = static_cast<DnsCause>(cause);
    EXPECT_THAT(sentence(report), testing::HasSubstr(": ")) << kDnsCauseNames[cause];
  }
}

TEST(Sentence, AnAliasCannotAttackTheTerminal) {
  DnsReport report = sample_dns();
  report.cname_tail = "\x1b]0;x\x07";
  EXPECT_THAT(sentence(report), testing::EndsWith("alias of \\x1b]0;x\\x07"));
}

}  // namespace
}  // namespace egresswatch::publish
