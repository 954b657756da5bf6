// SPDX-License-Identifier: Apache-2.0
// What it costs to read one answer: our parser beside glibc, ldns and c-ares, in one process, in turns. Each must come
// to the names of the chain and the addresses. Prints the best round of each, which disturbs least, and the ratio to
// ours.
#include <ares.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "bench/dns_answers.h"
#include "decode/dns.h"

// Behind everything else: it defines false and true as macros.
#include <ldns/ldns.h>

namespace {

using egresswatch::DnsMessage;
using egresswatch::bench::mixed_answers;
using egresswatch::bench::private_link_answer;
using egresswatch::testing::WireBytes;

constexpr int kRounds = 40;
constexpr int kParsesPerRound = 20000;

[[noreturn]] void fail(const char* who) {
  std::fprintf(stderr, "%s cannot read the answer\n", who);
  std::exit(1);
}

std::size_t with_egresswatch(const WireBytes& wire) {
  static DnsMessage message;
  if (egresswatch::decode::parse_dns(wire, message) != egresswatch::decode::DnsError::none) fail("egresswatch");
  return message.question.size() + message.cname_count + message.address_count;
}

std::size_t with_ldns(const WireBytes& wire) {
  ldns_pkt* packet = nullptr;
  if (ldns_wire2pkt(&packet, reinterpret_cast<const std::uint8_t*>(wire.data()), wire.size()) != LDNS_STATUS_OK)
    fail("ldns");
  const std::size_t count = ldns_pkt_ancount(packet);
  ldns_pkt_free(packet);
  return count;
}

// ns_parserr writes the owner as text; the target of a CNAME takes one call more.
std::size_t with_glibc(const WireBytes& wire) {
  const auto* data = reinterpret_cast<const unsigned char*>(wire.data());
  ns_msg message;
  ns_rr record;
  char target[NS_MAXDNAME];
  if (ns_initparse(data, static_cast<int>(wire.size()), &message) != 0) fail("glibc");
  if (ns_parserr(&message, ns_s_qd, 0, &record) != 0) fail("glibc");
  std::size_t length = std::strlen(ns_rr_name(record));
  for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i) {
    if (ns_parserr(&message, ns_s_an, i, &record) != 0) fail("glibc");
    if (ns_rr_type(record) != ns_t_cname) continue;
    if (ns_name_uncompress(ns_msg_base(message), ns_msg_end(message), ns_rr_rdata(record), target, sizeof target) < 0)
      fail("glibc");
    length += static_cast<unsigned char>(target[0]);
  }
  return length;
}

// c-ares has a function for each type of question, and a resolver knows what it asked for: the type is behind the name.
std::size_t with_cares(const WireBytes& wire) {
  const auto* data = reinterpret_cast<const unsigned char*>(wire.data());
  const auto size = static_cast<int>(wire.size());
  const std::size_t type_at = NS_HFIXEDSZ + std::strlen(reinterpret_cast<const char*>(data) + NS_HFIXEDSZ) + 2;
  const auto parse = [&](auto function) {
    hostent* host = nullptr;
    if (function(data, size, &host, nullptr, nullptr) != ARES_SUCCESS) fail("c-ares");
    std::size_t length = 0;
    for (char** alias = host->h_aliases; *alias; ++alias) ++length;
    for (char** address = host->h_addr_list; *address; ++address) ++length;
    ares_free_hostent(host);
    return length;
  };
  return data[type_at] == ns_t_aaaa ? parse(ares_parse_aaaa_reply) : parse(ares_parse_a_reply);
}

using Reader = std::size_t (*)(const WireBytes&);
struct Contestant {
  const char* name;
  Reader reader;
  double best_ns = std::numeric_limits<double>::max();
};

volatile std::size_t g_sink;

double round_ns(Reader reader, const std::vector<WireBytes>& answers) {
  std::size_t sum = 0;
  std::size_t next = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < kParsesPerRound; ++i) {
    sum += reader(answers[next]);
    if (++next == answers.size()) next = 0;
  }
  const auto end = std::chrono::steady_clock::now();
  g_sink = sum;
  return std::chrono::duration<double, std::nano>(end - begin).count() / kParsesPerRound;
}

void race(const char* title, const std::vector<WireBytes>& answers) {
  Contestant contestants[] = {
      {"egresswatch", with_egresswatch}, {"glibc ns_parserr", with_glibc}, {"ldns", with_ldns}, {"c-ares", with_cares}};
  for (int round = 0; round < kRounds; ++round)
    for (Contestant& c : contestants) c.best_ns = std::min(c.best_ns, round_ns(c.reader, answers));
  std::printf("%s\n", title);
  for (const Contestant& c : contestants)
    std::printf("  %-18s %8.0f ns  %6.1fx\n", c.name, c.best_ns, c.best_ns / contestants[0].best_ns);
}

}  // namespace

int main() {
  const WireBytes one = private_link_answer();
  char title[80];
  std::snprintf(title, sizeof title, "one answer of %zu bytes, again and again", one.size());
  race(title, {one});
  race("64 answers of different shapes in turn", mixed_answers());
  return 0;
}
