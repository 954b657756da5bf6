// SPDX-License-Identifier: Apache-2.0
// What a client asks for on the wire beats what the DNS said of its address, and nothing is counted twice for it.
#include "harness/tls_wire.h"
#include "unit/app/pipeline_fixture.h"

namespace egresswatch::test {
namespace {

using egresswatch::testing::client_hello;

constexpr std::string_view kServerHello("\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03", 11);

class WireNamesTest : public PipelineTest {
 protected:
  // Established, but nothing said yet: the destination is open.
  void shake_hands(const Socket& socket) {
    connect(socket);
    feed(established(socket, now_, 10 * kMs));
  }
  void say(const Socket& socket, std::string_view what) { feed(payload(socket, now_, what)); }
  void hear(const Socket& socket, std::string_view what) { feed(first_byte(socket, now_ + kMs, now_, what)); }
};

TEST_F(WireNamesTest, NothingIsCountedBeforeTheDestinationIsKnown) {
  shake_hands({});
  EXPECT_TRUE(sink_.connections().empty());
  EXPECT_TRUE(pipeline().ledger().snapshot().connections.empty() ||
              account::attempts(pipeline().ledger(), "other", "other", "sdk") == 0);
  say({}, client_hello(kVault));
  EXPECT_EQ(account::attempts(pipeline().ledger(), "key_vault", kVault, "sdk"), 1U);
  EXPECT_EQ(totals(), (Totals{.attempts = 1, .established = 1, .open = 1}));
  ASSERT_EQ(sink_.connections().size(), 1U);
  EXPECT_EQ(last_connection().verdict, Verdict::ok);
  EXPECT_EQ(last_connection().host, kVault);
  EXPECT_EQ(last_connection().name_source, NameSource::sni);
  EXPECT_EQ(named_by(NameSource::sni), 1U);
}

TEST_F(WireNamesTest, SniBeatsDnsAndBothAreEvidence) {
  resolve("fabrikam.vault.azure.net", {"203.0.113.1"});
  shake_hands({});
  say({}, client_hello("contoso.vault.azure.net"));
  EXPECT_EQ(attempts("key_vault", "contoso.vault.azure.net"), 1U);
  EXPECT_EQ(attempts("key_vault", "fabrikam.vault.azure.net"), 0U);
  EXPECT_EQ(last_connection().evidence.dns_name, "fabrikam.vault.azure.net");
  EXPECT_EQ(last_connection().evidence.wire_name, "contoso.vault.azure.net");
  EXPECT_EQ(last_connection().evidence.sni, Sni::present);
}

TEST_F(WireNamesTest, HelloWithoutANameIsKnownByDns) {
  resolve(kVault, {"203.0.113.1"});
  shake_hands({});
  say({}, client_hello(""));
  EXPECT_EQ(attempts("key_vault", kVault), 1U);
  EXPECT_EQ(last_connection().name_source, NameSource::dns_process);
  EXPECT_TRUE(last_connection().evidence.tls);
  EXPECT_EQ(last_connection().evidence.sni, Sni::absent);
}

TEST_F(WireNamesTest, EncryptedHelloIsKnownByDnsElseByItsFront) {
  resolve(kVault, {"203.0.113.1"});
  shake_hands({.id = 1});
  say({.id = 1}, client_hello("front.example", 0, true));
  EXPECT_EQ(attempts("key_vault", kVault), 1U);
  EXPECT_EQ(last_connection().evidence.sni, Sni::encrypted);
  EXPECT_EQ(last_connection().evidence.wire_name, "front.example");
  shake_hands({.id = 2, .remote = "203.0.113.9"});
  say({.id = 2, .remote = "203.0.113.9"}, client_hello("front.example", 0, true));
  EXPECT_EQ(attempts("other", "other"), 1U);
  EXPECT_EQ(last_connection().host, "front.example");
}

TEST_F(WireNamesTest, HelloInTwoSegments) {
  const std::string hello = client_hello(kVault, 1600);
  shake_hands({});
  feed(payload({}, now_, std::string_view(hello).substr(0, 50)));
  EXPECT_TRUE(sink_.connections().empty());
  EXPECT_EQ(pipeline().connections().openings().size(), 1U);
  feed(payload({}, now_, std::string_view(hello).substr(50), 50));
  EXPECT_EQ(attempts("key_vault", kVault), 1U);
  EXPECT_EQ(pipeline().connections().openings().size(), 0U);
}

TEST_F(WireNamesTest, HelloThatIsNeverWholeIsForgottenWithItsConnection) {
  const std::string hello = client_hello(kVault);
  shake_hands({});
  feed(payload({}, now_, std::string_view(hello).substr(0, 20)));
  EXPECT_EQ(pipeline().connections().openings().size(), 1U);
  close({});
  EXPECT_EQ(pipeline().connections().openings().size(), 0U);
  EXPECT_EQ(totals(), (Totals{.attempts = 1, .established = 1}));
}

TEST_F(WireNamesTest, HellosInPiecesOfManyConnections) {
  const std::string hello = client_hello(kVault, 1600);
  constexpr std::uint64_t kCount = app::Openings::kBuffers + 10;
  for (std::uint64_t id = 1; id <= kCount; ++id) {
    shake_hands({.id = id});
    feed(payload({.id = id}, now_, std::string_view(hello).substr(0, 50)));
  }
  EXPECT_EQ(pipeline().connections().openings().size(), app::Openings::kBuffers);
  EXPECT_EQ(pipeline().connections().openings().evictions(), 10U);
  for (std::uint64_t id = kCount; id > 10; --id)
    feed(payload({.id = id}, now_, std::string_view(hello).substr(50), 50));
  EXPECT_EQ(attempts("key_vault", kVault), app::Openings::kBuffers);
}

TEST_F(WireNamesTest, DestinationBehindAProxyIsNamedAndNotTheProxy) {
  resolve("proxy.corp.example", {"10.9.9.9"});
  const Socket proxy{.remote = "10.9.9.9", .port = 3128};
  shake_hands(proxy);
  say(proxy, "CONNECT fabrikam.vault.azure.net:443 HTTP/1.1\r\nHost: fabrikam.vault.azure.net:443\r\n\r\n");
  EXPECT_EQ(attempts("key_vault", kVault), 1U);
  EXPECT_EQ(attempts("other", "other"), 0U);
  EXPECT_EQ(last_connection().name_source, NameSource::http_connect);
  EXPECT_TRUE(last_connection().evidence.through_proxy);
  EXPECT_EQ(last_connection().evidence.dns_name, "proxy.corp.example");
  hear(proxy, "HTTP/1.1 200 Connection established\r\n\r\n");
  EXPECT_EQ(totals(), (Totals{.attempts = 1, .established = 1, .open = 1}));
}

TEST_F(WireNamesTest, ProxyThatRefusesIsToldAtOnceAndOnce) {
  const Socket proxy{.remote = "10.9.9.9", .port = 3128};
  shake_hands(proxy);
  say(proxy, "CONNECT fabrikam.vault.azure.net:443 HTTP/1.1\r\n\r\n");
  hear(proxy, "HTTP/1.1 403 Forbidden\r\n");
  EXPECT_EQ(failures("key_vault", kVault, Stage::proxy, Cause::proxy_denied), 1U);
  EXPECT_EQ(last_connection().verdict, Verdict::failed);
  EXPECT_EQ(last_connection().evidence.http_status, 403);
  const std::size_t told = sink_.connections().size();
  auto end = closed(proxy, now_ + kSecond, now_ - 10 * kMs, now_);
  end.old_state = kEstablished;
  end.flags = EGW_CLOSED_RST_RECEIVED;
  feed(end);
  EXPECT_EQ(sink_.connections().size(), told);
  EXPECT_EQ(totals(), (Totals{.attempts = 1, .established = 1, .failed = 1}));
}

TEST_F(WireNamesTest, InstanceMetadataAskedOfAProxy) {
  const Socket proxy{.remote = "10.9.9.9", .port = 3128};
  shake_hands(proxy);
  say(proxy, "GET http://169.254.169.254/metadata/instance HTTP/1.1\r\nMetadata: true\r\n\r\n");
  EXPECT_EQ(attempts("imds", "imds"), 1U);
  EXPECT_EQ(last_connection().service, "imds");
  EXPECT_EQ(last_connection().host, "169.254.169.254");
  EXPECT_TRUE(last_connection().evidence.through_proxy);
  hear(proxy, "HTTP/1.1 502 Bad Gateway\r\n");
  EXPECT_EQ(failures("imds", "imds", Stage::proxy, Cause::proxy_error), 1U);
}

TEST_F(WireNamesTest, HostOfAPlainRequest) {
  const Socket crl{.remote = "198.51.100.41", .port = 80};
  shake_hands(crl);
  say(crl, "GET /x.crl HTTP/1.1\r\nHost: crl3.digicert.com\r\n\r\n");
  EXPECT_EQ(attempts("revocation", "crl3.digicert.com"), 1U);
  EXPECT_EQ(last_connection().name_source, NameSource::http_host);
  hear(crl, "HTTP/1.1 470 Denied\r\n");
  EXPECT_EQ(failures("revocation", "crl3.digicert.com", Stage::http, Cause::denied_by_firewall), 1U);
}

TEST_F(WireNamesTest, AddressAsHostTellsNothingNew) {
  const Socket imds{.remote = "169.254.169.254", .port = 80};
  shake_hands(imds);
  say(imds, "GET /metadata/identity/oauth2/token HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n");
  EXPECT_EQ(attempts("imds", "imds"), 1U);
  EXPECT_EQ(last_connection().name_source, NameSource::none);
  EXPECT_EQ(last_connection().host, "");
  hear(imds, "HTTP/1.1 429 Too Many Requests\r\n");
  EXPECT_EQ(failures("imds", "imds", Stage::http, Cause::imds_throttled), 1U);
}

TEST_F(WireNamesTest, UnknownNameAtAnAddressOfAService) {
  const Socket imds{.remote = "169.254.169.254", .port = 80};
  shake_hands(imds);
  say(imds, "GET / HTTP/1.1\r\nHost: metadata.google.internal\r\n\r\n");
  EXPECT_EQ(attempts("imds", "imds"), 1U);
}

TEST_F(WireNamesTest, TlsThatTheClientRejects) {
  const std::string hello = client_hello(kVault);
  shake_hands({});
  say({}, hello);
  hear({}, kServerHello);
  auto end = closed({}, now_ + 12 * kMs, now_ - 10 * kMs, now_);
  end.bytes_sent = hello.size() + 7;
  end.bytes_received = 3000;
  end.first_sent_ns = now_;
  end.first_received_ns = now_ + kMs;
  feed(end);
  EXPECT_EQ(failures("key_vault", kVault, Stage::tls, Cause::client_rejected), 1U);
}

TEST_F(WireNamesTest, SilenceIsToldWhenTheClientHangsUpAndNotMinutesLater) {
  const std::string hello = client_hello(kVault);
  shake_hands({});
  say({}, hello);
  auto closing = closed({}, now_ + 5 * kSecond, now_ - 10 * kMs, now_);
  closing.header.type = EGW_TCP_CLOSING;
  closing.old_state = kEstablished;
  closing.bytes_sent = hello.size();
  closing.first_sent_ns = now_;
  feed(closing);
  EXPECT_EQ(failures("key_vault", kVault, Stage::tls, Cause::no_server_response), 1U);
  auto end = closing;
  end.header.type = EGW_TCP_CLOSED;
  end.header.time_ns += 60 * kSecond;
  end.old_state = kFinWait2;
  feed(end);
  EXPECT_EQ(totals(), (Totals{.attempts = 1, .established = 1, .failed = 1}));
}

TEST_F(WireNamesTest, RevocationThatFailsIsTheCauseOfAWaitingConnection) {
  resolve("crl3.digicert.com", {"198.51.100.41"});
  const Socket vault{.id = 1};
  const Socket crl{.id = 2, .remote = "198.51.100.41", .port = 80};
  const std::string hello = client_hello(kVault);
  shake_hands(vault);
  say(vault, hello);
  hear(vault, kServerHello);
  now_ += 5 * kMs;
  connect(crl);
  now_ += 15 * kSecond;
  auto end = gave_up(crl, now_, now_ - 15 * kSecond, 0);
  end.syn_retransmits = 3;
  feed(end);
  EXPECT_EQ(last_connection().service, "revocation");
  EXPECT_EQ(last_connection().evidence.holds_up, kVault);

  auto rejected = closed(vault, now_, now_ - 15 * kSecond, now_ - 15 * kSecond);
  rejected.bytes_sent = hello.size();
  rejected.bytes_received = 3000;
  feed(rejected);
  EXPECT_EQ(last_connection().cause, Cause::client_rejected);
  EXPECT_EQ(last_connection().evidence.waits_for, "crl3.digicert.com");
}

TEST_F(WireNamesTest, RevocationOfAnotherProcessOrLongAfterHoldsNothingUp) {
  resolve("crl3.digicert.com", {"198.51.100.41"});
  shake_hands({.id = 1});
  say({.id = 1}, client_hello(kVault));
  hear({.id = 1}, kServerHello);
  connect({.id = 2, .remote = "198.51.100.41", .port = 80, .pid = 200});
  fail({.id = 2, .remote = "198.51.100.41", .port = 80, .pid = 200}, ECONNREFUSED);
  EXPECT_EQ(last_connection().evidence.holds_up, "");
  now_ += 3 * kSecond;
  connect({.id = 3, .remote = "198.51.100.41", .port = 80});
  fail({.id = 3, .remote = "198.51.100.41", .port = 80}, ECONNREFUSED);
  EXPECT_EQ(last_connection().evidence.holds_up, "");
}

}  // namespace
}  // namespace egresswatch::test
