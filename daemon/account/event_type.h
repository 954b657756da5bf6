// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

#include "egresswatch/model/events.h"

namespace egresswatch::account {

// Label values of egresswatch_events_total: the records of the kernel in the order of egresswatch::Event, then what the
// pipeline concluded from them and counts nowhere else.
enum class EventType : std::uint8_t {
  tcp_attempt,
  tcp_established,
  tcp_first_byte,
  tcp_closed,
  connect_failed,
  tcp_existing,
  flow,
  dns,
  counters,
  tcp_payload,
  tcp_retransmit,
  tcp_closing,
  drop_reason,
  name_lookup,
  cancelled,  // closed by the client early; its record is counted as tcp_closed as well
};

inline constexpr std::array<std::string_view, 15> kEventTypeNames{
    "tcp_attempt",    "tcp_established", "tcp_first_byte", "tcp_closed",
    "connect_failed", "tcp_existing",    "flow",           "dns",
    "counters",       "tcp_payload",     "tcp_retransmit", "tcp_closing",
    "drop_reason",    "name_lookup",     "cancelled"};

static_assert(kEventTypeNames.size() == static_cast<std::size_t>(EventType::cancelled) + 1);
static_assert(std::variant_size_v<Event> == static_cast<std::size_t>(EventType::cancelled));

inline EventType event_type(const Event& event) { return static_cast<EventType>(event.index()); }

}  // namespace egresswatch::account
