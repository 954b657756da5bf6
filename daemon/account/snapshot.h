// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "account/event_type.h"
#include "account/histogram.h"
#include "egresswatch/model/outcome.h"

namespace egresswatch::account {

// Everything the ledger counted, as rows: what publish/ reads at a scrape. Names and histograms point into the ledger
// and are valid until it changes, that is, until control returns to the event loop.
//
// A series number stands for a service, host and unit, a host number for a service and host, as long as the ledger
// lives; both are dense. What is made of the names once can be found again by them.
//
// All names are valid UTF-8 without control characters, at most Ledger::kMaxNameBytes long.
struct Snapshot {
  struct Connections {
    std::uint32_t series = 0;
    std::string_view service;
    std::string_view host;
    std::string_view unit;
    std::uint64_t attempts = 0;
    std::uint64_t established = 0;
  };
  struct Failures {
    std::uint32_t series = 0;
    std::string_view service;
    std::string_view host;
    std::string_view unit;
    Stage stage = Stage::none;
    Cause cause = Cause::none;
    std::uint64_t count = 0;
  };
  struct HostTraffic {
    std::uint32_t host_number = 0;
    std::string_view service;
    std::string_view host;
    std::uint64_t sent_bytes = 0;
    std::uint64_t received_bytes = 0;
    std::uint64_t retransmits = 0;
    std::uint64_t syn_retransmits = 0;
    std::uint64_t open_connections = 0;
    std::uint64_t last_success_ns = 0;  // CLOCK_REALTIME; 0 = never
    std::uint64_t last_failure_ns = 0;
  };
  struct DnsAnswers {
    std::uint32_t host_number = 0;
    std::string_view service;
    std::string_view host;
    std::string_view rcode;
    std::uint64_t count = 0;
  };
  struct DnsFailures {
    std::uint32_t host_number = 0;
    std::string_view service;
    std::string_view host;
    DnsCause cause = DnsCause::none;
    std::uint64_t count = 0;
  };
  struct Durations {
    std::string_view service;
    const Histogram* connect_ipv4 = nullptr;
    const Histogram* connect_ipv6 = nullptr;
    const Histogram* first_byte = nullptr;
    const Histogram* dns = nullptr;
  };
  struct HostResolution {
    std::uint32_t host_number = 0;
    std::string_view service;
    std::string_view host;
    Resolution kind = Resolution::none;
  };
  struct UnexpectedConnections {
    Unexpected reason = Unexpected::none;
    std::string_view unit;
    std::string_view process;
    std::uint64_t count = 0;
  };
  // How often something was counted under "other" because the metric was full.
  struct Overflow {
    std::uint64_t connections = 0;
    std::uint64_t failures = 0;
    std::uint64_t dns_answers = 0;
    std::uint64_t dns_failures = 0;
    std::uint64_t unexpected = 0;
  };

  std::vector<Connections> connections;
  std::vector<Failures> failures;
  std::vector<HostTraffic> traffic;
  std::vector<DnsAnswers> dns_answers;
  std::vector<DnsFailures> dns_failures;
  std::vector<HostResolution> resolutions;
  std::vector<UnexpectedConnections> unexpected;
  std::vector<Durations> durations;
  std::array<std::uint64_t, kNameSourceNames.size()> name_sources{};
  std::array<std::uint64_t, kEventTypeNames.size()> events{};
  Overflow overflow;
};

}  // namespace egresswatch::account
