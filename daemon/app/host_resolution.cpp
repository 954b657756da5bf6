// SPDX-License-Identifier: Apache-2.0
#include "app/host_resolution.h"

#include <algorithm>

#include "correlate/dns_cause.h"

namespace egresswatch::app {
namespace {

bool is_private(const DnsMessage::Address& entry) { return entry.address.is_private(); }

}  // namespace

HostResolution host_resolution(const DnsReport& answer, bool vault) {
  if (answer.cause == DnsCause::sinkhole)
    return {Resolution::sinkhole, "a filter answers with an address that cannot be the service's"};
  if (!vault) return {};
  if (answer.cause == DnsCause::private_record_missing)
    return {Resolution::missing_record,
            "there is a private endpoint, and the private DNS zone that answered has no record for this name"};
  if (answer.addresses.empty()) return {};

  const bool all_private = std::ranges::all_of(answer.addresses, is_private);
  if (std::ranges::any_of(answer.cnames, correlate::in_private_link_zone)) {
    if (all_private) return {Resolution::private_endpoint, "a private endpoint, and its private address"};
    return {Resolution::public_despite_private_link,
            "there is a private endpoint, but the resolver gave the public address: the private DNS zone is not linked "
            "to where this host asks"};
  }
  if (std::ranges::none_of(answer.addresses, is_private))
    return {Resolution::public_address, "no private endpoint: the public address"};
  return {Resolution::none,
          "a private address, but not by the alias of a private endpoint: a zone or a filter of this network"};
}

}  // namespace egresswatch::app
