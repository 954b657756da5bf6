// SPDX-License-Identifier: Apache-2.0
// What the first bytes of an answer say, before the connection is over.
#include "correlate/diagnose.h"

namespace egresswatch::correlate {
namespace {

using Kind = Exchange::Kind;

constexpr std::uint16_t kHttpPort = 80;

// RFC 9110 section 15; 470 is what Azure Firewall answers to a host that no rule allows.
constexpr std::uint16_t kForbidden = 403;
constexpr std::uint16_t kProxyAuthenticationRequired = 407;
constexpr std::uint16_t kTooManyRequests = 429;
constexpr std::uint16_t kDeniedByFirewall = 470;
constexpr std::uint16_t kBadGateway = 502;
constexpr std::uint16_t kServiceUnavailable = 503;
constexpr std::uint16_t kGatewayTimeout = 504;

// Of a server that this program has no business with, every status is its own affair.
Diagnosis of_server(std::uint16_t status, const Answerer& answerer) {
  if (answerer.port != kHttpPort) return {};
  if (status == kDeniedByFirewall) return {Stage::http, Cause::denied_by_firewall};
  if (!answerer.known || status < 400) return {};
  if (answerer.imds && status == kTooManyRequests) return {Stage::http, Cause::imds_throttled};
  return {Stage::http, Cause::http_error};
}

Diagnosis of_proxy(std::uint16_t status) {
  if (status == kProxyAuthenticationRequired) return {Stage::proxy, Cause::proxy_auth_required};
  if (status == kForbidden) return {Stage::proxy, Cause::proxy_denied};
  return {Stage::proxy, Cause::proxy_error};
}

// Whether a proxy made this answer itself: others it passes on.
bool is_proxys_own(std::uint16_t status) {
  return status == kProxyAuthenticationRequired || status == kForbidden || status == kBadGateway ||
         status == kServiceUnavailable || status == kGatewayTimeout;
}

}  // namespace

Diagnosis diagnose(const Exchange& exchange, const Answerer& answerer) {
  if (!exchange.replied) return {};
  const std::uint16_t status = exchange.reply.http_status;
  switch (exchange.kind) {
    case Kind::tunnel:
      // 1xx announces the real answer; what is not HTTP at all comes with status 0
      return status >= 100 && status < 300 ? Diagnosis{} : of_proxy(status);
    case Kind::proxied:
      return is_proxys_own(status) ? of_proxy(status) : of_server(status, answerer);
    case Kind::http:
      return of_server(status, answerer);
    case Kind::tls:
    case Kind::none:
      break;
  }
  return {};
}

}  // namespace egresswatch::correlate
