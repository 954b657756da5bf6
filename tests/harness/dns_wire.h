// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "egresswatch/model/ip_address.h"

// Builds DNS messages byte by byte (RFC 1035 section 4.1), with name compression as servers do it:
//
//   auto wire = DnsWireBuilder::answer("fabrikam.vault.azure.net")
//                   .cname("fabrikam.vault.azure.net", "fabrikam.privatelink.vaultcore.azure.net", 60)
//                   .address("fabrikam.privatelink.vaultcore.azure.net", "10.1.2.3", 10)
//                   .bytes();
namespace egresswatch::testing {

using WireBytes = std::vector<std::byte>;

enum class DnsSection : std::uint8_t { answer, authority, additional };

class DnsWireBuilder {
 public:
  static constexpr std::uint16_t kA = 1;
  static constexpr std::uint16_t kCname = 5;
  static constexpr std::uint16_t kTxt = 16;
  static constexpr std::uint16_t kAaaa = 28;
  static constexpr std::uint16_t kOpt = 41;
  static constexpr std::uint16_t kIn = 1;

  static DnsWireBuilder query(std::string_view name, std::uint16_t type = kA, std::uint16_t id = 0x1234) {
    return DnsWireBuilder(id, 0x0100).question(name, type);
  }
  static DnsWireBuilder answer(std::string_view name, std::uint16_t type = kA, std::uint16_t rcode = 0,
                               std::uint16_t id = 0x1234) {
    return DnsWireBuilder(id, static_cast<std::uint16_t>(0x8180 | rcode)).question(name, type);
  }

  // A header without records; flags as in RFC 1035 section 4.1.1.
  DnsWireBuilder(std::uint16_t id, std::uint16_t flags) {
    u16(id);
    u16(flags);
    for (int count = 0; count < 4; ++count) u16(0);
  }

  // From here on names are written out, or pointed to again.
  DnsWireBuilder& compress(bool on) {
    compress_ = on;
    return *this;
  }
  DnsWireBuilder& truncated() {
    wire_[2] |= std::byte{0x02};
    return *this;
  }
  DnsWireBuilder& question(std::string_view name, std::uint16_t type = kA, std::uint16_t record_class = kIn) {
    this->name(name);
    u16(type);
    u16(record_class);
    return count(4);
  }
  DnsWireBuilder& cname(std::string_view owner, std::string_view target, std::uint32_t ttl = 300) {
    head(DnsSection::answer, owner, kCname, kIn, ttl);
    const std::size_t length_at = wire_.size();
    u16(0);
    name(target);
    set_u16(length_at, static_cast<std::uint16_t>(wire_.size() - length_at - 2));
    return *this;
  }
  // A or AAAA, as the text of the address says.
  DnsWireBuilder& address(std::string_view owner, std::string_view text, std::uint32_t ttl = 300) {
    const IpAddress address = IpAddress::parse(text).value();
    const auto all = std::as_bytes(std::span(address.bytes));
    return record(owner, address.is_v4() ? kA : kAaaa, address.is_v4() ? all.last(4) : all, ttl);
  }
  DnsWireBuilder& record(std::string_view owner, std::uint16_t type, std::span<const std::byte> rdata,
                         std::uint32_t ttl = 300, DnsSection section = DnsSection::answer,
                         std::uint16_t record_class = kIn) {
    head(section, owner, type, record_class, ttl);
    u16(static_cast<std::uint16_t>(rdata.size()));
    wire_.insert(wire_.end(), rdata.begin(), rdata.end());
    return *this;
  }
  // EDNS(0), RFC 6891: the upper eight bits of RCODE go in here.
  DnsWireBuilder& opt(std::uint16_t udp_size, std::uint8_t upper_rcode = 0, std::span<const std::byte> options = {}) {
    return record("", kOpt, options, std::uint32_t{upper_rcode} << 24, DnsSection::additional, udp_size);
  }

  // For messages that no builder should make.
  DnsWireBuilder& u8(unsigned value) {
    wire_.push_back(static_cast<std::byte>(value));
    return *this;
  }
  DnsWireBuilder& u16(unsigned value) { return u8(value >> 8 & 0xff).u8(value & 0xff); }
  DnsWireBuilder& u32(std::uint32_t value) { return u16(value >> 16).u16(value & 0xffff); }
  DnsWireBuilder& set_u16(std::size_t at, std::uint16_t value) {
    wire_[at] = static_cast<std::byte>(value >> 8);
    wire_[at + 1] = static_cast<std::byte>(value & 0xff);
    return *this;
  }
  // Adds one to the count at this offset of the header: 4 questions, 6 answers, 8 authority, 10 additional.
  DnsWireBuilder& count(std::size_t at) {
    return set_u16(at, static_cast<std::uint16_t>((std::to_integer<unsigned>(wire_[at]) << 8) +
                                                  std::to_integer<unsigned>(wire_[at + 1]) + 1));
  }
  // A name as text without the final dot, "" for the root; \DDD stands for any byte.
  DnsWireBuilder& name(std::string_view text) {
    const std::vector<std::string> labels = split(text);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      std::string suffix;
      for (std::size_t k = i; k < labels.size(); ++k) suffix += static_cast<char>(labels[k].size()) + labels[k];
      const auto known = offsets_.find(suffix);
      if (compress_ && known != offsets_.end()) return u16(0xc000U | static_cast<unsigned>(known->second));
      if (wire_.size() < 0x4000) offsets_.emplace(suffix, wire_.size());
      u8(static_cast<unsigned>(labels[i].size()));
      for (const char c : labels[i]) u8(static_cast<unsigned char>(c));
    }
    return u8(0);
  }

  [[nodiscard]] std::size_t size() const { return wire_.size(); }
  [[nodiscard]] const WireBytes& bytes() const& { return wire_; }
  [[nodiscard]] WireBytes bytes() && { return std::move(wire_); }

 private:
  void head(DnsSection section, std::string_view owner, std::uint16_t type, std::uint16_t record_class,
            std::uint32_t ttl) {
    count(6 + 2 * static_cast<std::size_t>(section));
    name(owner);
    u16(type);
    u16(record_class);
    u32(ttl);
  }

  static std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> labels;
    if (text.empty()) return labels;
    labels.emplace_back();
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\\') {
        labels.back() += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 3))));
        i += 3;
      } else if (text[i] == '.') {
        labels.emplace_back();
      } else {
        labels.back() += text[i];
      }
    }
    return labels;
  }

  WireBytes wire_;
  std::map<std::string, std::size_t> offsets_;
  bool compress_ = true;
};

}  // namespace egresswatch::testing
