// SPDX-License-Identifier: Apache-2.0
#include "decode/dns.h"

#include "decode/dns_chain.h"
#include "decode/dns_name.h"
#include "decode/dns_record.h"

namespace egresswatch::decode {
namespace {

constexpr std::size_t kMaxMessage = 65535;
constexpr std::size_t kQuestionTail = 4;  // type, class
constexpr std::uint8_t kOpcodeQuery = 0;

bool is_address(const DnsRecord& record) { return record.type == kTypeA || record.type == kTypeAaaa; }

class Parser {
 public:
  Parser(std::span<const std::byte> wire, DnsMessage& out)
      : wire_{reinterpret_cast<const std::uint8_t*>(wire.data()), wire.size()}, out_(out), chain_(wire_, out) {}

  DnsError run();

 private:
  void clear_answers();
  DnsError header();
  DnsError question();
  DnsError answers();
  DnsError reorder();
  DnsError others();
  DnsError take_opt(const DnsRecord& record);
  [[nodiscard]] bool is_cut(DnsError error) const;
  template <typename Take>
  DnsError walk_answers_again(Take take);

  DnsWire wire_;
  DnsMessage& out_;
  DnsChain chain_;
  std::size_t at_ = 0;
  std::size_t answers_begin_ = 0;
  std::size_t answers_whole_ = 0;  // those before the cut
  std::size_t authority_count_ = 0;
  std::size_t additional_count_ = 0;
  bool stray_ = false;  // a record came before the CNAME that links its owner to the question, or has no such link
  bool opt_seen_ = false;
};

DnsError Parser::run() {
  clear_answers();
  if (const DnsError error = header(); error != DnsError::none) return error;
  if (const DnsError error = question(); error != DnsError::none) return error;
  if (out_.opcode != kOpcodeQuery) return DnsError::none;

  const std::size_t promised = out_.answer_count + authority_count_ + additional_count_;
  if (!out_.truncated && promised * kSmallestRecord > wire_.size - at_) return DnsError::record_count;

  DnsError error = answers();
  if (error == DnsError::none) error = others();
  if (is_cut(error)) error = DnsError::none;
  if (error == DnsError::none && stray_) error = reorder();
  if (error != DnsError::none) clear_answers();
  return error;
}

void Parser::clear_answers() {
  out_.chain_complete = true;
  out_.cname_count = 0;
  out_.min_cname_ttl_s = 0;
  out_.address_count = 0;
  out_.addresses_left_out = 0;
}

DnsError Parser::header() {
  out_.id = out_.rcode = out_.question_type = out_.question_class = out_.edns_udp_size = out_.answer_count = 0;
  out_.opcode = 0;
  out_.response = out_.truncated = false;
  out_.question = {};
  if (wire_.size > kMaxMessage) return DnsError::message_too_long;
  if (wire_.size < kDnsHeaderSize) return DnsError::short_header;

  const std::uint16_t flags = wire_.u16(2);
  out_.id = wire_.u16(0);
  out_.response = (flags & 0x8000U) != 0;
  out_.opcode = static_cast<std::uint8_t>((flags >> 11) & 0xfU);
  out_.truncated = (flags & 0x0200U) != 0;
  out_.rcode = flags & 0xfU;
  out_.answer_count = wire_.u16(6);
  authority_count_ = wire_.u16(8);
  additional_count_ = wire_.u16(10);
  at_ = kDnsHeaderSize;
  const std::uint16_t questions = wire_.u16(4);
  if (questions == 0) return DnsError::no_question;
  return questions == 1 ? DnsError::none : DnsError::many_questions;
}

DnsError Parser::question() {
  if (const DnsError error = chain_.read_question(at_); error != DnsError::none) return error;
  if (wire_.size - at_ < kQuestionTail) return DnsError::question_past_end;
  out_.question_type = wire_.u16(at_);
  out_.question_class = wire_.u16(at_ + 2);
  at_ += kQuestionTail;
  return DnsError::none;
}

// Sorted answers, the usual case, need this one pass.
DnsError Parser::answers() {
  const bool follow = out_.response && out_.question_class == kClassIn;
  answers_begin_ = at_;
  for (; answers_whole_ < out_.answer_count; ++answers_whole_) {
    DnsRecord record;
    std::size_t owner = DnsChain::kNotInChain;
    if (const DnsError error = chain_.find_owner(at_, owner); error != DnsError::none) return error;
    if (const DnsError error = read_record(wire_, at_, record); error != DnsError::none) return error;
    if (record.record_class != kClassIn) continue;

    const bool next = follow && chain_.is_next(record, owner);
    const DnsError error = next ? chain_.append(record) : check_rdata(wire_, record);
    if (error != DnsError::none) return error;
    if (!follow) continue;
    if (owner == DnsChain::kNotInChain)
      stray_ = true;
    else if (is_address(record))
      chain_.add_address(record);
  }
  return DnsError::none;
}

template <typename Take>
DnsError Parser::walk_answers_again(Take take) {
  std::size_t at = answers_begin_;
  for (std::size_t i = 0; i < answers_whole_; ++i) {
    DnsRecord record;
    std::size_t owner = DnsChain::kNotInChain;
    if (const DnsError error = chain_.find_owner(at, owner); error != DnsError::none) return error;
    if (const DnsError error = read_record(wire_, at, record); error != DnsError::none) return error;
    if (record.record_class != kClassIn) continue;
    if (const DnsError error = take(record, owner); error != DnsError::none) return error;
  }
  return DnsError::none;
}

// Answers need not be sorted (RFC 1034 section 3.6.2): walks them until the chain grows no more, then collects the
// addresses anew. At most kMaxCnames + 2 passes, all within the budget of steps.
DnsError Parser::reorder() {
  for (std::size_t size_before = 0; size_before != chain_.size();) {
    size_before = chain_.size();
    const DnsError error = walk_answers_again([this](const DnsRecord& record, std::size_t owner) {
      return chain_.is_next(record, owner) ? chain_.append(record) : DnsError::none;
    });
    if (error != DnsError::none) return error;
  }
  if (chain_.size() == 1) return DnsError::none;

  out_.address_count = 0;
  out_.addresses_left_out = 0;
  return walk_answers_again([this](const DnsRecord& record, std::size_t owner) {
    if (is_address(record) && owner != DnsChain::kNotInChain) chain_.add_address(record);
    return DnsError::none;
  });
}

DnsError Parser::others() {
  const std::size_t count = authority_count_ + additional_count_;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t owner = at_;
    DnsRecord record;
    if (const DnsError error = skip_owner(wire_, at_); error != DnsError::none) return error;
    if (const DnsError error = read_record(wire_, at_, record); error != DnsError::none) return error;
    if (i < authority_count_ || record.type != kTypeOpt) continue;
    if (wire_.data[owner] != 0) return DnsError::opt_malformed;
    if (const DnsError error = take_opt(record); error != DnsError::none) return error;
  }
  return DnsError::none;
}

// RFC 6891 section 6.1.3: the class is the UDP size, the top byte of the TTL the upper eight bits of RCODE.
DnsError Parser::take_opt(const DnsRecord& record) {
  if (opt_seen_) return DnsError::opt_repeated;
  opt_seen_ = true;
  out_.edns_udp_size = record.record_class;
  out_.rcode = static_cast<std::uint16_t>(out_.rcode | ((record.ttl >> 24) << 4));
  return check_options(wire_, record);
}

// With TC, running out of bytes is where the server cut. A pointer that leads astray is an error all the same.
bool Parser::is_cut(DnsError error) const {
  return out_.truncated && (error == DnsError::label_past_end || error == DnsError::name_unterminated ||
                            error == DnsError::record_past_end || error == DnsError::rdata_past_end);
}

}  // namespace

DnsError parse_dns(std::span<const std::byte> wire, DnsMessage& out) { return Parser(wire, out).run(); }

}  // namespace egresswatch::decode
