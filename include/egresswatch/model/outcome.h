// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

// Where and why a connection or a DNS question failed. The names are the label values of the public metrics.
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
  cancelled,  // given up in SYN_SENT before any SYN was repeated: an event, never a failure
  reset,
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
enum class NameSource : std::uint8_t { none, dns_process, dns_host };

inline constexpr std::array<std::string_view, 7> kStageNames{"none",  "route", "connect", "tls",
                                                             "proxy", "http",  "data"};
inline constexpr std::array<std::string_view, 13> kCauseNames{
    "none",      "no_route",         "prohibited",      "denied_locally", "no_local_port", "refused", "no_reply",
    "abandoned", "icmp_unreachable", "icmp_prohibited", "cancelled",      "reset",         "timeout"};
inline constexpr std::array<std::string_view, 9> kDnsCauseNames{"none",
                                                                "nxdomain",
                                                                "servfail",
                                                                "refused",
                                                                "no_answer",
                                                                "empty",
                                                                "sinkhole",
                                                                "private_record_missing",
                                                                "public_answer_despite_private_link"};
inline constexpr std::array<std::string_view, 3> kNameSourceNames{"none", "dns_process", "dns_host"};

static_assert(kStageNames.size() == static_cast<std::size_t>(Stage::data) + 1);
static_assert(kCauseNames.size() == static_cast<std::size_t>(Cause::timeout) + 1);
static_assert(kDnsCauseNames.size() == static_cast<std::size_t>(DnsCause::public_answer_despite_private_link) + 1);
static_assert(kNameSourceNames.size() == static_cast<std::size_t>(NameSource::dns_host) + 1);

constexpr std::string_view to_string(Stage stage) { return kStageNames[static_cast<std::size_t>(stage)]; }
constexpr std::string_view to_string(Cause cause) { return kCauseNames[static_cast<std::size_t>(cause)]; }
constexpr std::string_view to_string(DnsCause cause) { return kDnsCauseNames[static_cast<std::size_t>(cause)]; }
constexpr std::string_view to_string(NameSource source) { return kNameSourceNames[static_cast<std::size_t>(source)]; }

}  // namespace egresswatch
