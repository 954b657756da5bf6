// SPDX-License-Identifier: Apache-2.0
#include "decode/dns_chain.h"

#include <algorithm>
#include <cstring>

namespace egresswatch::decode {
namespace {

// RFC 2181 section 8: a TTL with the top bit set counts as 0.
std::uint32_t sane_ttl(std::uint32_t ttl) { return ttl > 0x7fffffffU ? 0 : ttl; }

}  // namespace

DnsError DnsChain::read_question(std::size_t& at) {
  static_assert(std::tuple_size_v<decltype(DnsMessage::text)> >= kMaxNameText);
  if (const DnsError error = write_name(wire_, at, wire_.size, names_[0], text_); error != DnsError::none) return error;
  out_.question = {text_.data, text_.used};
  size_ = 1;
  return DnsError::none;
}

DnsError DnsChain::find_owner(std::size_t& at, std::size_t& owner) {
  // Nearly every owner is one pointer to a name that the chain has already, mostly its last.
  if (wire_.size - at >= 2 && wire_.data[at] >= kPointerBits) {
    const std::size_t target = wire_.u16(at) & 0x3fffU;
    for (std::size_t i = size_; i-- > 0;) {
      if (names_[i].offset != target) continue;
      owner = i;
      at += 2;
      return DnsError::none;
    }
  }

  WireName name{};
  if (const DnsError error = walk_name(wire_, at, wire_.size, name); error != DnsError::none) return error;
  owner = kNotInChain;
  for (std::size_t i = size_; i-- > 0 && owner == kNotInChain;)
    if (same_name(wire_, name, names_[i])) owner = i;
  return wire_.steps_left == 0 ? DnsError::too_much_work : DnsError::none;
}

DnsError DnsChain::append(const DnsRecord& record) {
  if (size_ == names_.size() || text_.capacity - text_.used < kMaxNameText) {
    close();
    return check_rdata(wire_, record);
  }

  const std::size_t begin = text_.used;
  std::size_t at = record.rdata;
  if (const DnsError error = write_name(wire_, at, record.end, names_[size_], text_); error != DnsError::none)
    return rdata_name_error(error);
  if (at != record.end) return DnsError::rdata_length;

  for (std::size_t i = 0; i < size_; ++i) {
    if (!same_name(wire_, names_[i], names_[size_])) continue;
    close();
    return DnsError::none;
  }
  if (wire_.steps_left == 0) return DnsError::too_much_work;

  const std::uint32_t ttl = sane_ttl(record.ttl);
  out_.min_cname_ttl_s = out_.cname_count == 0 ? ttl : std::min(out_.min_cname_ttl_s, ttl);
  out_.cnames[out_.cname_count++] = {text_.data + begin, text_.used - begin};
  ++size_;
  return DnsError::none;
}

void DnsChain::add_address(const DnsRecord& record) {
  if (out_.address_count == DnsMessage::kMaxAddresses) {
    ++out_.addresses_left_out;
    return;
  }
  DnsMessage::Address& entry = out_.addresses[out_.address_count++];
  const std::uint8_t* rdata = wire_.data + record.rdata;
  entry.ttl_s = sane_ttl(record.ttl);
  if (record.type == kTypeA)
    entry.address = IpAddress::v4(rdata[0], rdata[1], rdata[2], rdata[3]);
  else
    std::memcpy(entry.address.bytes.data(), rdata, entry.address.bytes.size());
}

}  // namespace egresswatch::decode
