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

TEST(Sentence, IcmpTypeAndCode) {
  ConnectionReport report = sample_failure(Stage::connect, Cause::icmp_prohibited, EHOSTUNREACH);
  report.evidence.icmp_origin = 2;
  report.evidence.icmp_type = 3;
  report.evidence.icmp_code = 13;
  EXPECT_EQ(sentence(report), "ICMP type 3 code 13 says that it is prohibited (EHOSTUNREACH): a firewall rejects");
  report.evidence.icmp_origin = 3;
  EXPECT_THAT(sentence(report), testing::StartsWith("ICMPv6 type 3"));
}

TEST(Sentence, DropsOfThisHost) {
  ConnectionReport report = sample_failure(Stage::connect, Cause::local_firewall, ETIMEDOUT);
  report.evidence.dropped_out = 3;
  report.evidence.drop_reason = "NETFILTER_DROP";
  EXPECT_EQ(
      sentence(report),
      "this host itself dropped 3 packets on the way out (NETFILTER_DROP) (ETIMEDOUT): a rule of its own firewall");
  report = sample_failure(Stage::connect, Cause::local_firewall_reply);
  report.evidence.dropped_in = 1;
  EXPECT_EQ(sentence(report),
            "the answer came, and this host itself dropped it on the way in, 1 packet: a rule of its own firewall");
  report = sample_failure(Stage::connect, Cause::neighbour, EHOSTUNREACH);
  report.evidence.drop_reason = "NEIGH_FAILED";
  EXPECT_EQ(sentence(report),
            "the next hop does not answer on the local network (NEIGH_FAILED) (EHOSTUNREACH): gateway down, or a wrong "
            "route");
}

// A ClientHello for the sample's vault, sent 20 ms after the attempt.
ConnectionReport tls_failure(Cause cause, int error = 0) {
  ConnectionReport report = sample_failure(Stage::tls, cause, error);
  report.evidence.tls = true;
  report.evidence.sni = Sni::present;
  report.evidence.wire_name = "prod.vault.azure.net";
  report.evidence.first_sent_ns = 20'000'000;
  report.duration_ns = 22'000'000;
  return report;
}

TEST(Sentence, TlsFailures) {
  EXPECT_EQ(sentence(tls_failure(Cause::reset_after_hello, ECONNRESET)),
            "reset by the other side 2.0 ms after the ClientHello for prod.vault.azure.net: a firewall that judges by "
            "name, or the server, refuses it");
  EXPECT_EQ(sentence(tls_failure(Cause::closed_after_hello)),
            "closed by the other side 2.0 ms after the ClientHello for prod.vault.azure.net: a firewall that judges by "
            "name, or the server, refuses it");
  EXPECT_EQ(
      sentence(tls_failure(Cause::no_server_response)),
      "no answer to the ClientHello for prod.vault.azure.net in 2.0 ms, although TCP connected: something on the way "
      "swallows TLS");
  EXPECT_EQ(
      sentence(tls_failure(Cause::hello_not_acked, ETIMEDOUT)),
      "the ClientHello for prod.vault.azure.net is not acknowledged after 2.0 ms (ETIMEDOUT), although TCP connected: "
      "large packets are lost (MTU), or the way back is another one");
}

TEST(Sentence, TlsRejectedByTheClient) {
  ConnectionReport report = tls_failure(Cause::client_rejected);
  report.evidence.first_received_ns = 21'000'000;
  report.evidence.waits_for = "crl3.digicert.com";
  EXPECT_EQ(
      sentence(report),
      "the client hung up 1.0 ms after the server's first bytes, before it finished the handshake: as when it does "
      "not trust the certificate (TLS inspection, an unknown CA); the same process waited for crl3.digicert.com "
      "(certificate revocation), which did not answer");
}

TEST(Sentence, TlsAlert) {
  ConnectionReport report = tls_failure(Cause::closed_after_hello);
  report.evidence.tls_alert = 112;
  EXPECT_EQ(sentence(report),
            "the other side answered the ClientHello for prod.vault.azure.net with the TLS alert unrecognized_name");
  report.evidence.tls_alert = 200;
  EXPECT_THAT(sentence(report), testing::EndsWith("alert 200"));
}

TEST(Sentence, HelloWithoutANameAndWithAnEncryptedOne) {
  ConnectionReport report = tls_failure(Cause::reset_after_hello);
  report.evidence.sni = Sni::encrypted;
  EXPECT_THAT(sentence(report), testing::HasSubstr("the ClientHello (encrypted, outer name prod.vault.azure.net):"));
  report.evidence.sni = Sni::absent;
  report.evidence.wire_name = {};
  EXPECT_THAT(sentence(report), testing::HasSubstr("the ClientHello without a server name:"));
}

TEST(Sentence, ProxyFailures) {
  ConnectionReport report = sample_failure(Stage::proxy, Cause::proxy_denied);
  report.remote = {IpAddress::v4(10, 0, 0, 9), 3128};
  report.evidence.http_status = 403;
  EXPECT_EQ(sentence(report), "the proxy 10.0.0.9:3128 refuses it (HTTP 403)");
  report.cause = Cause::proxy_auth_required;
  report.evidence.http_status = 407;
  EXPECT_EQ(sentence(report), "the proxy 10.0.0.9:3128 wants credentials (HTTP 407)");
  report.cause = Cause::proxy_error;
  report.evidence.http_status = 502;
  EXPECT_EQ(sentence(report), "the proxy 10.0.0.9:3128 failed (HTTP 502)");
  report.evidence.http_status = 0;
  EXPECT_EQ(sentence(report), "the proxy 10.0.0.9:3128 gave no answer");
  report.service = "imds";
  EXPECT_THAT(sentence(report), testing::EndsWith("must be asked for directly, not through a proxy"));
}

TEST(Sentence, InstanceMetadataThroughAProxyIsFlaggedEvenIfItWorks) {
  ConnectionReport report = sample_connection();
  report.service = "imds";
  report.evidence.through_proxy = true;
  EXPECT_THAT(sentence(report), testing::HasSubstr("through a proxy: instance metadata must be asked for directly"));
}

TEST(Sentence, HttpFailures) {
  ConnectionReport report = sample_failure(Stage::http, Cause::denied_by_firewall);
  report.evidence.http_status = 470;
  EXPECT_EQ(sentence(report), "an Azure Firewall has no rule that allows it (HTTP 470)");
  report.cause = Cause::imds_throttled;
  report.evidence.http_status = 429;
  EXPECT_EQ(sentence(report), "instance metadata is asked too often (HTTP 429)");
  report.cause = Cause::http_error;
  report.evidence.http_status = 503;
  EXPECT_EQ(sentence(report), "the server answered with an error (HTTP 503)");
  report.service = "imds";
  report.evidence.http_status = 410;
  EXPECT_EQ(sentence(report), "instance metadata is being updated and comes back within 70 s (HTTP 410)");
  report.evidence.http_status = 0;
  EXPECT_EQ(sentence(report), "closed by the other side without an answer");
}

TEST(Sentence, TroubleAfterASilence) {
  ConnectionReport report = sample_failure(Stage::data, Cause::idle_reset, ECONNRESET);
  report.bytes_sent = 700;
  report.bytes_received = 4000;
  report.duration_ns = 300'000'000'000;
  report.evidence.idle_ns = 250'000'000'000;
  EXPECT_EQ(sentence(report),
            "reset after 300 s (ECONNRESET): sent 700 B, received 4.0 kB, the other side had been silent for 250 s: a "
            "firewall or load balancer forgets idle connections");
  report.cause = Cause::idle_blackhole;
  report.error = ETIMEDOUT;
  EXPECT_THAT(sentence(report), testing::StartsWith("timed out, what was sent is not acknowledged, after 300 s"));
}

TEST(Sentence, CauseAndEffect) {
  ConnectionReport report = sample_failure(Stage::connect, Cause::abandoned);
  report.syn_retransmits = 1;
  report.evidence.holds_up = "prod.vault.azure.net";
  EXPECT_THAT(sentence(report),
              testing::EndsWith("; meanwhile the TLS connection of the same process to prod.vault.azure.net waits"));
}

TEST(Sentence, Pending) {
  ConnectionReport report = sample_failure(Stage::connect, Cause::no_reply);
  report.verdict = Verdict::pending;
  report.syn_retransmits = 2;
  EXPECT_THAT(sentence(report), testing::StartsWith("so far no answer to 3 SYNs in 3.0 s"));
}

TEST(Sentence, CancelledAfterTheHandshake) {
  ConnectionReport report = sample_connection();
  report.verdict = Verdict::cancelled;
  report.duration_ns = 120'000'000;
  report.evidence.first_sent_ns = 20'000'000;
  EXPECT_EQ(sentence(report), "closed by the client after 120.0 ms, soon after its first request: not a failure");
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
