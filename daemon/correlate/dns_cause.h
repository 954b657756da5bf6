// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "egresswatch/model/dns_message.h"
#include "egresswatch/model/outcome.h"

namespace egresswatch::correlate {

// What an answer says went wrong, `none` if nothing did. A pure function.
//
//   private_record_missing  NXDOMAIN, and the chain (RFC 6604: the code is about its end) runs through the private link
//                           zone of vaults or managed HSMs: the zone is linked and has no record for this one
//   nxdomain, servfail, refused
//                           the response codes 3, 2 and 5; others are none of our causes
//   sinkhole                an address that cannot be the service's: unspecified, loopback, or 240.0.0.0/4 (RFC 1112
//                           section 4, with the broadcast address); not for localhost and names below it (RFC 6761)
//   public_answer_despite_private_link
//                           a public address although the chain runs through such a zone: the vault has a private
//                           endpoint, and this resolver does not see it. Right only for a host outside of its network
//   empty                   no address for type A. Not for AAAA: a name without IPv6 is normal
//
// Not for truncated messages, which are no answers.
DnsCause dns_cause(const DnsMessage& answer);

// Whether a name of the chain says that the vault or managed HSM has a private endpoint. Entra, Resource Manager and
// Graph have "privatelink" in every chain: only two zones mean it.
bool in_private_link_zone(std::string_view name);

}  // namespace egresswatch::correlate
