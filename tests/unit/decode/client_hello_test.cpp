// SPDX-License-Identifier: Apache-2.0
// What is read from a ClientHello: the name, in all the ways that it can be said or not said.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "unit/decode/parsed_hello.h"

namespace egresswatch::decode {
namespace {

const std::string kVault = "contoso-payments-prod-w.vault.azure.net";

ParsedHello parse(const HelloBuilder& builder) { return ParsedHello(in_records(builder.message())); }

// What a whole hello says; its size is that of one record.
void expect(const HelloBuilder& builder, Sni sni, const std::string& name) {
  const HelloBytes wire = in_records(builder.message());
  const ParsedHello hello(wire);
  EXPECT_EQ(hello.status, HelloStatus::complete);
  EXPECT_EQ(hello.sni, sni);
  EXPECT_EQ(hello.server_name, name);
  EXPECT_EQ(hello.wire_bytes, wire.size());
}

TEST(ClientHello, NameInTheClear) { expect(HelloBuilder().server_name(kVault), Sni::present, kVault); }

TEST(ClientHello, NameIsLowerCaseWithoutFinalDot) {
  expect(HelloBuilder().server_name("Fabrikam_1.VAULT.azure.NET."), Sni::present, "fabrikam_1.vault.azure.net");
}

TEST(ClientHello, NameAsAnyExtension) {
  expect(HelloBuilder().server_name(kVault).grease().post_quantum_key_share(), Sni::present, kVault);
  expect(HelloBuilder().grease().post_quantum_key_share().server_name(kVault), Sni::present, kVault);
  expect(HelloBuilder().grease(0x0a0a).post_quantum_key_share().server_name(kVault).grease(0xfafa), Sni::present,
         kVault);
}

TEST(ClientHello, NoServerNameExtension) { expect(HelloBuilder().grease(), Sni::absent, ""); }

TEST(ClientHello, NoExtensionsAtAll) {
  expect(HelloBuilder().session_id(0), Sni::absent, "");
  expect(HelloBuilder().session_id(0).extension(0, ""), Sni::absent, "");
}

TEST(ClientHello, NamesThatAreNone) {
  for (const std::string name : {"", ".", "..", ".a", "a..b", "a.b..", "a b", "a/b", "*.example", "[::1]",
                                 "2001:db8::1", "a.example:443", "\xc3\xa4.example"})
    expect(HelloBuilder().server_name(name), Sni::absent, "");
  expect(HelloBuilder().server_name(std::string("vault\0.example", 14)), Sni::absent, "");
}

TEST(ClientHello, LengthOfAName) {
  const std::string longest = std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(127, 'c');
  ASSERT_EQ(longest.size(), 255U);
  expect(HelloBuilder().server_name("a"), Sni::present, "a");
  expect(HelloBuilder().server_name(longest), Sni::present, longest);
  expect(HelloBuilder().server_name(longest + "d"), Sni::absent, "");
  expect(HelloBuilder().server_name(std::string(5000, 'a')), Sni::absent, "");
}

TEST(ClientHello, AddressAsNameIsWhatWasOnTheWire) {
  expect(HelloBuilder().server_name("10.1.2.3"), Sni::present, "10.1.2.3");
}

TEST(ClientHello, FirstServerNameExtensionCounts) {
  expect(HelloBuilder().server_name("a.example").server_name("b.example"), Sni::present, "a.example");
  expect(HelloBuilder().server_name("a b").server_name("b.example"), Sni::absent, "");
}

TEST(ClientHello, EntryOfAnotherTypeIsSkipped) {
  expect(HelloBuilder().server_name("a.example", 1), Sni::absent, "");
  using namespace std::string_view_literals;
  expect(HelloBuilder().extension(0,
                                  "\0\x11\7\0\2xy\0\0\x9"
                                  "a.example"sv),
         Sni::present, "a.example");
}

TEST(ClientHello, WrongLengthsInTheExtensionCostTheName) {
  using namespace std::string_view_literals;
  for (const auto content :
       {"\0"sv, "\0\0"sv, "\0\1\0"sv, "\0\4\0\0\2a"sv, "\0\5\0\0\1a"sv, "\0\3\0\0\1a"sv, "\0\2\0\0"sv,
        "\xff\xff\0\xff\xff"
        "a"sv})
    expect(HelloBuilder().extension(0, content).grease(), Sni::absent, "");
}

TEST(ClientHello, EncryptedHelloBeforeAndBehindTheName) {
  expect(HelloBuilder().server_name("front.example").encrypted_hello(), Sni::encrypted, "front.example");
  expect(HelloBuilder().encrypted_hello().server_name("front.example"), Sni::encrypted, "front.example");
  expect(HelloBuilder().encrypted_hello(), Sni::encrypted, "");
}

TEST(ClientHello, InnerHelloInTheClearHasTheTrueName) {
  expect(HelloBuilder().extension(HelloBuilder::kEncryptedClientHello, "\1").server_name("a.example"), Sni::present,
         "a.example");
  expect(HelloBuilder().extension(HelloBuilder::kEncryptedClientHello, "").server_name("a.example"), Sni::present,
         "a.example");
}

TEST(ClientHello, BoundsOfTheFields) {
  expect(HelloBuilder().session_id(32).server_name("a.example"), Sni::present, "a.example");
  expect(HelloBuilder().cipher_suites(2).compression_methods(255).server_name("a.example"), Sni::present, "a.example");
  EXPECT_EQ(parse(HelloBuilder().session_id(33)).status, HelloStatus::not_hello);
  EXPECT_EQ(parse(HelloBuilder().cipher_suites(0)).status, HelloStatus::not_hello);
  EXPECT_EQ(parse(HelloBuilder().cipher_suites(3)).status, HelloStatus::not_hello);
  EXPECT_EQ(parse(HelloBuilder().compression_methods(0)).status, HelloStatus::not_hello);
}

// What OpenSSL, curl, node and Python sent, and OpenSSL 4 with a post-quantum key share and GREASE ECH.
TEST(ClientHello, RealClients) {
  struct Expected {
    std::string file;
    Sni sni;
    std::string name;
    HelloStatus status = HelloStatus::complete;
    std::size_t wire_bytes = 0;  // 0 = the size of the file
  };
  const Expected all[] = {
      {"curl-7.88", Sni::present, kVault},
      {"node-20", Sni::present, kVault},
      {"openssl-3.0", Sni::present, kVault},
      {"openssl-3.0-no-name", Sni::absent, ""},
      {"openssl-3.0-tls-1.2", Sni::present, kVault},
      {"openssl-3.0-two-records", Sni::present, kVault},
      {"openssl-4.0-grease-ech", Sni::encrypted, kVault},
      {"openssl-4.0-post-quantum", Sni::present, kVault},
      // its first segment: OpenSSL 4 puts the name behind the key shares
      {"openssl-4.0-post-quantum-cut", Sni::absent, "", HelloStatus::incomplete, 1578},
      {"openssl-4.0-post-quantum-records-of-100", Sni::present, kVault},
      {"python-3.11", Sni::present, kVault},
  };
  for (const Expected& expected : all) {
    const auto path = std::filesystem::path(HELLOS) / expected.file;
    std::ifstream file(path, std::ios::binary);
    ASSERT_TRUE(file) << path;
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const ParsedHello hello(std::as_bytes(std::span(text)));
    EXPECT_EQ(hello.status, expected.status) << path;
    EXPECT_EQ(hello.sni, expected.sni) << path;
    EXPECT_EQ(hello.server_name, expected.name) << path;
    EXPECT_EQ(hello.wire_bytes, expected.wire_bytes == 0 ? text.size() : expected.wire_bytes) << path;
  }
}

}  // namespace
}  // namespace egresswatch::decode
