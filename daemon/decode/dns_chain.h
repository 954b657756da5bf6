// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include "decode/dns_error.h"
#include "decode/dns_name.h"
#include "decode/dns_record.h"
#include "egresswatch/model/dns_message.h"

namespace egresswatch::decode {

// The question and the CNAME targets that follow from it, with the addresses that they own, written into a DnsMessage
// as they are found. Internal to the module; wire and message must outlive it.
class DnsChain {
 public:
  static constexpr std::size_t kNotInChain = ~std::size_t{0};

  DnsChain(DnsWire& wire, DnsMessage& out) : wire_(wire), out_(out), text_{out.text.data(), out.text.size()} {}

  // Reads the name of the question, which is the first of the chain.
  DnsError read_question(std::size_t& at);

  // Moves `at` behind an owner and says which name of the chain it is, or kNotInChain.
  DnsError find_owner(std::size_t& at, std::size_t& owner);

  // Whether this is the CNAME that the chain goes on with.
  [[nodiscard]] bool is_next(const DnsRecord& record, std::size_t owner) const {
    return record.type == kTypeCname && owner == size_ - 1 && !closed_;
  }

  // Appends the target of a record for which is_next() holds. A chain that is too long, or leads back into itself, is
  // closed instead: chain_complete becomes false.
  DnsError append(const DnsRecord& record);

  // Takes an A or AAAA record whose RDATA has been checked.
  void add_address(const DnsRecord& record);

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  void close() {
    closed_ = true;
    out_.chain_complete = false;
  }

  DnsWire& wire_;
  DnsMessage& out_;
  TextArena text_;
  std::array<WireName, DnsMessage::kMaxCnames + 1> names_;  // the first size_ of them
  std::size_t size_ = 0;
  bool closed_ = false;
};

}  // namespace egresswatch::decode
