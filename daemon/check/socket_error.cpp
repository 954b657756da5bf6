// SPDX-License-Identifier: Apache-2.0
#include "check/socket_error.h"

#include <algorithm>
#include <cerrno>

namespace egresswatch::check {
namespace {

// linux/errqueue.h
constexpr std::uint8_t kOriginIcmp = 2;
constexpr std::uint8_t kOriginIcmp6 = 3;

// A router's or firewall's policy: RFC 1812 section 5.2.7.1, RFC 4443 section 3.1.
bool says_prohibited(const IcmpError& icmp) {
  if (icmp.origin == kOriginIcmp) return icmp.type == 3 && (icmp.code == 9 || icmp.code == 10 || icmp.code == 13);
  return icmp.origin == kOriginIcmp6 && icmp.type == 1 && (icmp.code == 1 || icmp.code == 5 || icmp.code == 6);
}

// The host tells itself "host unreachable" (ICMPv6: "address unreachable") when the next hop's link-layer address
// cannot be found: ipv4_link_failure() and ip6_link_failure() of Linux.
bool says_no_neighbour(const IcmpError& icmp) {
  if (!icmp.from_this_host) return false;
  return (icmp.origin == kOriginIcmp && icmp.type == 3 && icmp.code == 1) ||
         (icmp.origin == kOriginIcmp6 && icmp.type == 1 && icmp.code == 3);
}

Failure failure_at_once(int error) {
  switch (error) {
    case EPERM:
      return {Stage::route, Cause::denied_locally};
    case EACCES:
    case EINVAL:  // a blackhole route
      return {Stage::route, Cause::prohibited};
    case EADDRNOTAVAIL:
    case EADDRINUSE:
    case EAGAIN:
      return {Stage::route, Cause::no_local_port};
    case ECONNREFUSED:  // over loopback the answer is there before connect() returns
      return {Stage::connect, Cause::refused};
    default:
      return {Stage::route, Cause::no_route};
  }
}

}  // namespace

Failure connect_failure(int error, bool at_once, const IcmpError& icmp) {
  if (says_no_neighbour(icmp)) return {Stage::connect, Cause::neighbour};
  if (says_prohibited(icmp)) return {Stage::connect, Cause::icmp_prohibited};
  if (icmp.origin != 0) return {Stage::connect, Cause::icmp_unreachable};
  if (at_once) return failure_at_once(error);
  switch (error) {
    case ECONNREFUSED:
      return {Stage::connect, Cause::refused};
    case EACCES:
      return {Stage::connect, Cause::icmp_prohibited};
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EPROTO:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
      return {Stage::connect, Cause::icmp_unreachable};
    default:
      return {Stage::connect, Cause::no_reply};
  }
}

Failure tls_failure(TransportEnd end, bool hello_acked) {
  switch (end) {
    case TransportEnd::reset:
      return {Stage::tls, Cause::reset_after_hello};
    case TransportEnd::closed:
      return {Stage::tls, Cause::closed_after_hello};
    case TransportEnd::silence:
      break;
  }
  return {Stage::tls, hello_acked ? Cause::no_server_response : Cause::hello_not_acked};
}

Failure proxy_failure(unsigned status) {
  if (status >= 200 && status < 300) return {};
  if (status == 407) return {Stage::proxy, Cause::proxy_auth_required};
  if (status >= 400 && status < 500) return {Stage::proxy, Cause::proxy_denied};
  return {Stage::proxy, Cause::proxy_error};
}

Failure http_failure(unsigned status, const Target& target) {
  if (target.protocol == Protocol::https) return {};
  // Azure Firewall answers denied plain HTTP so
  if (status == 470) return {Stage::http, Cause::denied_by_firewall};
  if (target.kind == BuiltinService::imds) {
    if (status == 429) return {Stage::http, Cause::imds_throttled};
    if (status == 404 || status == 410 || status >= 500) return {Stage::http, Cause::http_error};
    return {};
  }
  // the path asked for is "/", which a revocation host need not have: other 4xx come from the host itself
  if (status >= 500) return {Stage::http, Cause::http_error};
  return {};
}

const AddressResult* most_telling(const std::vector<AddressResult>& addresses) {
  const auto rank = [](const AddressResult& result) {
    if (result.connected) return 2;
    return result.failure.stage == Stage::connect ? 1 : 0;
  };
  const auto best = std::max_element(addresses.begin(), addresses.end(),
                                     [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return best == addresses.end() ? nullptr : &*best;
}

}  // namespace egresswatch::check
