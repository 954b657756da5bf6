// SPDX-License-Identifier: Apache-2.0
// Valid messages, made at random from a fixed seed, must mean the same to our parser and to ldns.
#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "unit/decode/parsed.h"

// Behind everything else: it defines false and true as macros.
#include <ldns/ldns.h>

namespace egresswatch::decode {
namespace {

constexpr int kMessages = 3000;

// What both say about one message. Names are wire format in lower case, so that no way of escaping matters.
struct Meaning {
  bool operator==(const Meaning&) const = default;

  unsigned id = 0;
  bool response = false;
  bool truncated = false;
  unsigned rcode = 0;
  unsigned question_type = 0;
  unsigned udp_size = 0;
  std::string question;
  std::vector<std::string> chain;
  std::vector<std::pair<std::string, std::uint32_t>> addresses;
};

// "a\046b.c" -> "\3a.b\1c\0"
std::string to_wire(std::string_view text) {
  const WireBytes all = DnsWireBuilder(0, 0).name(text == "." ? "" : text).bytes();
  return {reinterpret_cast<const char*>(all.data()) + 12, all.size() - 12};
}

Meaning meaning_of(const Parsed& parsed) {
  const DnsMessage& m = parsed.message;
  Meaning meaning{m.id, m.response, m.truncated, m.rcode, m.question_type, m.edns_udp_size, to_wire(m.question),
                  {},   {}};
  for (const auto& name : parsed.cnames()) meaning.chain.push_back(to_wire(name));
  for (const auto& entry : std::span(m.addresses).first(m.address_count))
    meaning.addresses.emplace_back(entry.address.to_string(), entry.ttl_s);
  return meaning;
}

std::string lower_wire(const ldns_rdf* name) {
  std::string wire(reinterpret_cast<const char*>(ldns_rdf_data(name)), ldns_rdf_size(name));
  for (char& c : wire)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return wire;
}

Meaning meaning_of(ldns_pkt* packet) {
  const ldns_rr* question = ldns_rr_list_rr(ldns_pkt_question(packet), 0);
  Meaning meaning;
  meaning.id = ldns_pkt_id(packet);
  meaning.response = ldns_pkt_qr(packet);
  meaning.truncated = ldns_pkt_tc(packet);
  meaning.rcode = static_cast<unsigned>(ldns_pkt_get_rcode(packet));
  if (ldns_pkt_edns(packet)) meaning.rcode |= unsigned{ldns_pkt_edns_extended_rcode(packet)} << 4;
  meaning.question_type = ldns_rr_get_type(question);
  meaning.udp_size = ldns_pkt_edns_udp_size(packet);
  meaning.question = lower_wire(ldns_rr_owner(question));

  std::vector<std::string> names{meaning.question};
  const ldns_rr_list* answers = ldns_pkt_answer(packet);
  for (bool grown = true; grown;) {
    grown = false;
    for (std::size_t i = 0; i < ldns_rr_list_rr_count(answers) && !grown; ++i) {
      const ldns_rr* record = ldns_rr_list_rr(answers, i);
      if (ldns_rr_get_type(record) != LDNS_RR_TYPE_CNAME || lower_wire(ldns_rr_owner(record)) != names.back()) continue;
      names.push_back(lower_wire(ldns_rr_rdf(record, 0)));
      meaning.chain.push_back(names.back());
      grown = true;
    }
  }
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(answers); ++i) {
    const ldns_rr* record = ldns_rr_list_rr(answers, i);
    const ldns_rr_type type = ldns_rr_get_type(record);
    if (type != LDNS_RR_TYPE_A && type != LDNS_RR_TYPE_AAAA) continue;
    if (std::find(names.begin(), names.end(), lower_wire(ldns_rr_owner(record))) == names.end()) continue;
    const std::unique_ptr<char, decltype(&std::free)> text(ldns_rdf2str(ldns_rr_rdf(record, 0)), std::free);
    meaning.addresses.emplace_back(IpAddress::parse(text.get()).value().to_string(), ldns_rr_ttl(record));
  }
  return meaning;
}

// Draws messages that a server could send: a chain in any order, foreign records between, names of any bytes and case.
class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  WireBytes message() {
    pool_.clear();
    std::vector<std::string> chain{name()};
    while (chain.size() < 1 + below(6)) chain.push_back(fresh_name(chain));

    struct Entry {
      std::string owner;
      std::string target;  // of a CNAME, or an address
      bool cname;
    };
    std::vector<Entry> entries;
    for (std::size_t i = 0; i + 1 < chain.size(); ++i) entries.push_back({chain[i], chain[i + 1], true});
    for (std::size_t i = below(9); i-- > 0;) entries.push_back({chain[below(chain.size())], address(), false});
    for (std::size_t i = below(4); i-- > 0;) entries.push_back({fresh_name(chain), address(), false});
    if (below(3) != 0) std::shuffle(entries.begin(), entries.end(), random_);

    const auto rcode = static_cast<std::uint16_t>(below(2) == 0 ? 0 : below(6));
    DnsWireBuilder builder(static_cast<std::uint16_t>(random_()), static_cast<std::uint16_t>(0x8180 | rcode));
    builder.compress(below(5) != 0)
        .question(recased(chain[0]), below(2) == 0 ? DnsWireBuilder::kA : DnsWireBuilder::kAaaa);
    if (below(8) == 0) builder.truncated();
    for (const Entry& entry : entries) {
      const auto ttl = static_cast<std::uint32_t>(random_() & 0x7fffffff);
      if (entry.cname)
        builder.cname(recased(entry.owner), recased(entry.target), ttl);
      else
        builder.address(recased(entry.owner), entry.target, ttl);
      if (below(6) == 0) builder.record(recased(entry.owner), DnsWireBuilder::kTxt, text(), ttl);
    }
    if (below(3) == 0) builder.record(chain[0], DnsWireBuilder::kTxt, text(), 1, DnsSection::authority);
    if (below(3) == 0) builder.record(fresh_name(chain), DnsWireBuilder::kTxt, text(), 1, DnsSection::additional);
    if (below(2) == 0) builder.opt(static_cast<std::uint16_t>(512 + below(4000)), static_cast<std::uint8_t>(below(3)));
    return builder.bytes();
  }

 private:
  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }

  std::string label() {
    static constexpr std::string_view kUsual = "abcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string label;
    const bool odd = below(12) == 0;
    for (std::size_t i = 1 + below(below(10) == 0 ? 63 : 14); i-- > 0;) {
      if (odd && below(3) == 0)
        label += escaped(below(256));
      else
        label += kUsual[below(kUsual.size())];
    }
    return label;
  }
  static std::string escaped(std::size_t byte) {
    const std::string digits = std::to_string(byte);
    return "\\" + std::string(3 - digits.size(), '0') + digits;
  }
  // Often with the tail of an earlier name, so that there is something to compress. At most 130 bytes.
  std::string name() {
    std::string name = label();
    if (!pool_.empty() && below(3) != 0) {
      const std::string& other = pool_[below(pool_.size())];
      const std::size_t dot = other.find('.');
      name += "." + (dot != std::string::npos && below(2) == 0 ? other.substr(dot + 1) : other);
      if (name.size() > 250) name.resize(0);
    }
    if (name.empty() || below(2) == 0) name = label() + "." + label() + "." + label();
    pool_.push_back(name);
    return name;
  }
  std::string fresh_name(const std::vector<std::string>& taken) {
    for (;;) {
      const std::string candidate = name();
      const auto same = [&](const std::string& other) { return folded(other) == folded(candidate); };
      if (std::none_of(taken.begin(), taken.end(), same)) return candidate;
    }
  }
  static std::string folded(const std::string& name) {
    const WireBytes wire = DnsWireBuilder::query(name).bytes();
    const Parsed parsed{WireBytes(wire)};
    return std::string(parsed.message.question);
  }
  std::string recased(std::string name) {
    if (below(4) == 0)
      for (char& c : name)
        if (below(2) == 0) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return name;
  }
  std::string address() {
    IpAddress address = IpAddress::v4(192, 0, 2, static_cast<std::uint8_t>(below(256)));
    if (below(2) == 0)
      for (auto& byte : address.bytes) byte = static_cast<std::uint8_t>(below(256));
    return address.to_string();
  }
  WireBytes text() {
    WireBytes rdata{static_cast<std::byte>(below(40))};
    rdata.resize(1 + std::to_integer<std::size_t>(rdata[0]), std::byte{'t'});
    return rdata;
  }

  std::mt19937 random_;
  std::vector<std::string> pool_;
};

TEST(DnsAgainstLdns, RandomValidMessagesMeanTheSame) {
  Generator generator(1035);
  std::size_t with_chain = 0;
  std::size_t with_addresses = 0;
  for (int i = 0; i < kMessages; ++i) {
    const Parsed parsed(generator.message());
    ldns_pkt* raw = nullptr;
    ASSERT_EQ(ldns_wire2pkt(&raw, reinterpret_cast<const std::uint8_t*>(parsed.wire.data()), parsed.wire.size()),
              LDNS_STATUS_OK)
        << i;
    const std::unique_ptr<ldns_pkt, decltype(&ldns_pkt_free)> packet(raw, ldns_pkt_free);
    ASSERT_EQ(parsed.error, DnsError::none) << i << " " << to_string(parsed.error);
    const Meaning ours = meaning_of(parsed);
    const Meaning theirs = meaning_of(packet.get());
    ASSERT_EQ(ours.question, theirs.question) << i;
    ASSERT_EQ(ours.chain, theirs.chain) << i;
    ASSERT_EQ(ours.addresses, theirs.addresses) << i;
    ASSERT_EQ(ours, theirs) << i;
    with_chain += ours.chain.empty() ? 0 : 1;
    with_addresses += ours.addresses.empty() ? 0 : 1;
  }
  EXPECT_GT(with_chain, kMessages / 2U);
  EXPECT_GT(with_addresses, kMessages / 2U);
}

}  // namespace
}  // namespace egresswatch::decode
