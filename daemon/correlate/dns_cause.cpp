// SPDX-License-Identifier: Apache-2.0
#include "correlate/dns_cause.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

namespace egresswatch::correlate {
namespace {

constexpr std::uint16_t kTypeA = 1;
constexpr std::uint16_t kNoError = 0;
constexpr std::uint16_t kServfail = 2;
constexpr std::uint16_t kNxdomain = 3;
constexpr std::uint16_t kRefused = 5;

bool has_private_link(const DnsMessage& answer) {
  const std::span chain(answer.cnames.data(), answer.cname_count);
  return in_private_link_zone(answer.question) || std::any_of(chain.begin(), chain.end(), in_private_link_zone);
}

bool is_sinkhole(const IpAddress& address) {
  return address.is_unspecified() || address.is_loopback() || (address.is_v4() && address.bytes[12] >= 240);
}

bool is_localhost(std::string_view name) { return name == "localhost" || name.ends_with(".localhost"); }

}  // namespace

bool in_private_link_zone(std::string_view name) {
  return name.find(".privatelink.vaultcore.") != std::string_view::npos ||
         name.find(".privatelink.managedhsm.") != std::string_view::npos;
}

DnsCause dns_cause(const DnsMessage& answer) {
  switch (answer.rcode) {
    case kNoError:
      break;
    case kServfail:
      return DnsCause::servfail;
    case kRefused:
      return DnsCause::refused;
    case kNxdomain:
      return has_private_link(answer) ? DnsCause::private_record_missing : DnsCause::nxdomain;
    default:
      return DnsCause::none;
  }

  const std::span addresses(answer.addresses.data(), answer.address_count);
  const bool blocked = std::any_of(addresses.begin(), addresses.end(),
                                   [](const DnsMessage::Address& entry) { return is_sinkhole(entry.address); });
  if (blocked && !is_localhost(answer.question)) return DnsCause::sinkhole;
  const bool all_private = std::all_of(addresses.begin(), addresses.end(),
                                       [](const DnsMessage::Address& entry) { return entry.address.is_private(); });
  if (!all_private && has_private_link(answer)) return DnsCause::public_answer_despite_private_link;
  // With a chain that was cut, addresses may be there that the parser could not tie to the question.
  const bool empty = addresses.empty() && answer.question_type == kTypeA && answer.chain_complete;
  return empty ? DnsCause::empty : DnsCause::none;
}

}  // namespace egresswatch::correlate
