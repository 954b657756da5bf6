// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

// Where and why a connection or a DNS question failed, or was not expected. The names are the label values of the
// public metrics.
namespace egresswatch {

enum class Stage : std::uint8_t { none, route, connect, tls, proxy, http, data };

enum class Cause : std::uint8_t {
  none,
  no_route,
  prohibited,
  denied_locally,
  no_local_port,
  refused,
  no_reply,
  abandoned,
  icmp_unreachable,
  icmp_prohibited,
  cancelled,  // given up before any SYN was repeated, or within a second of the request: an event, never a failure
  local_firewall,
  local_firewall_reply,
  neighbour,
  reset_after_hello,
  closed_after_hello,
  no_server_response,
  hello_not_acked,
  client_rejected,
  proxy_auth_required,
  proxy_denied,
  proxy_error,
  denied_by_firewall,
  imds_throttled,
  http_error,
  reset,
  idle_reset,
  idle_blackhole,
  timeout,
};

enum class DnsCause : std::uint8_t {
  none,
  nxdomain,
  servfail,
  refused,
  no_answer,
  empty,
  sinkhole,
  private_record_missing,
  public_answer_despite_private_link,
};

// Where the name of a destination came from.
enum class NameSource : std::uint8_t {
  none,
  sni,           // the client's TLS ClientHello
  http_connect,  // what the client asked a proxy for
  http_host,     // Host of a plain HTTP request
  dns_process,   // an answer that this process got
  getaddrinfo,   // what the C library told this process
  dns_host,      // an answer that another process of the host got
  hosts_file,    // /etc/hosts of the process
  service_tag,   // no name: the address is in the ranges that Microsoft publishes for the service
};

// Why a destination is not what this host is expected to reach. Where several hold, the order is that of their
// description in docs/policy.md.
enum class Unexpected : std::uint8_t {
  none,
  not_in_policy,        // no rule allows it, or it is not the private endpoint that was demanded
  no_name,              // no rule allows the address, and no name is known
  wrong_port,           // a rule allows the destination, on other ports
  other_cloud,          // an endpoint of another national cloud
  outside_service_tag,  // the name's service publishes its ranges, and the address is in none: information
};

// What the last answer for a name says of its private endpoint: values of the label `kind` of host_resolution.
enum class Resolution : std::uint8_t {
  none,  // it does not tell
  public_address,
  private_endpoint,
  public_despite_private_link,
  sinkhole,
  missing_record,
};

inline constexpr std::array<std::string_view, 7> kStageNames{"none",  "route", "connect", "tls",
                                                             "proxy", "http",  "data"};
inline constexpr std::array<std::string_view, 29> kCauseNames{"none",
                                                              "no_route",
                                                              "prohibited",
                                                              "denied_locally",
                                                              "no_local_port",
                                                              "refused",
                                                              "no_reply",
                                                              "abandoned",
                                                              "icmp_unreachable",
                                                              "icmp_prohibited",
                                                              "cancelled",
                                                              "local_firewall",
                                                              "local_firewall_reply",
                                                              "neighbour",
                                                              "reset_after_hello",
                                                              "closed_after_hello",
                                                              "no_server_response",
                                                              "hello_not_acked",
                                                              "client_rejected",
                                                              "proxy_auth_required",
                                                              "proxy_denied",
                                                              "proxy_error",
                                                              "denied_by_firewall",
                                                              "imds_throttled",
                                                              "http_error",
                                                              "reset",
                                                              "idle_reset",
                                                              "idle_blackhole",
                                                              "timeout"};
inline constexpr std::array<std::string_view, 9> kDnsCauseNames{"none",
                                                                "nxdomain",
                                                                "servfail",
                                                                "refused",
                                                                "no_answer",
                                                                "empty",
                                                                "sinkhole",
                                                                "private_record_missing",
                                                                "public_answer_despite_private_link"};
inline constexpr std::array<std::string_view, 9> kNameSourceNames{
    "none", "sni", "http_connect", "http_host", "dns_process", "getaddrinfo", "dns_host", "hosts_file", "service_tag"};
inline constexpr std::array<std::string_view, 6> kUnexpectedNames{"none",       "not_in_policy", "no_name",
                                                                  "wrong_port", "other_cloud",   "outside_service_tag"};

inline constexpr std::array<std::string_view, 6> kResolutionNames{
    "none", "public", "private_endpoint", "public_despite_private_link", "sinkhole", "missing_record"};

static_assert(kStageNames.size() == static_cast<std::size_t>(Stage::data) + 1);
static_assert(kCauseNames.size() == static_cast<std::size_t>(Cause::timeout) + 1);
static_assert(kDnsCauseNames.size() == static_cast<std::size_t>(DnsCause::public_answer_despite_private_link) + 1);
static_assert(kNameSourceNames.size() == static_cast<std::size_t>(NameSource::service_tag) + 1);
static_assert(kResolutionNames.size() == static_cast<std::size_t>(Resolution::missing_record) + 1);
static_assert(kUnexpectedNames.size() == static_cast<std::size_t>(Unexpected::outside_service_tag) + 1);

constexpr std::string_view to_string(Stage stage) { return kStageNames[static_cast<std::size_t>(stage)]; }
constexpr std::string_view to_string(Cause cause) { return kCauseNames[static_cast<std::size_t>(cause)]; }
constexpr std::string_view to_string(DnsCause cause) { return kDnsCauseNames[static_cast<std::size_t>(cause)]; }
constexpr std::string_view to_string(NameSource source) { return kNameSourceNames[static_cast<std::size_t>(source)]; }
constexpr std::string_view to_string(Resolution kind) { return kResolutionNames[static_cast<std::size_t>(kind)]; }
constexpr std::string_view to_string(Unexpected reason) { return kUnexpectedNames[static_cast<std::size_t>(reason)]; }

}  // namespace egresswatch
