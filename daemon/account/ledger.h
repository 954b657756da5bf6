// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "account/code_counts.h"
#include "account/event_type.h"
#include "account/histogram.h"
#include "account/name_table.h"
#include "account/snapshot.h"
#include "account/unexpected_counts.h"
#include "base/archive.h"
#include "egresswatch/model/outcome.h"

namespace egresswatch::account {

// A service, host and unit: what the counters of one connection are kept under. Valid as long as the ledger.
using SeriesId = std::uint32_t;

// How many label combinations strangers may cause. What the configuration names comes on top and cannot be crowded out.
struct LedgerLimits {
  std::size_t series_per_metric = 2000;
  std::size_t hosts_per_service = 200;
};

struct Traffic {
  std::uint64_t sent_bytes = 0;  // payload
  std::uint64_t received_bytes = 0;
  std::uint64_t retransmits = 0;  // segments, without SYNs
  std::uint64_t syn_retransmits = 0;
};

// The counters behind the metrics. Bounded: what does not fit is counted under "other", so that sums over a label stay
// exact, and the overflow is counted too. Resolve the series once per connection; everything after is an increment.
//
// Host and unit are arbitrary bytes: they are cleaned and cut before they become keys. The host of service "other" is
// always "other", and so is a host that is an address, unless the configuration names it: neither unknown names nor
// addresses become label values. A service that was not added is "other". One thread.
class Ledger {
 public:
  static constexpr std::string_view kOther = "other";
  static constexpr std::string_view kUnknownUnit = "unknown";  // for an empty unit or process
  static constexpr std::size_t kMaxNameBytes = 255;            // systemd's limit for a unit; a DNS name has 253

  explicit Ledger(LedgerLimits limits = {});

  // From the configuration, also of a later one; what exists stays. A service's counters exist at zero from here on.
  void add_service(std::string_view service);
  void reserve_host(std::string_view service, std::string_view host);

  // Once per connection. Falls back to {service, other, unit}, {service, reserved host, other}, {service, other,
  // other}.
  SeriesId connection_series(std::string_view service, std::string_view host, std::string_view unit);

  // Valid as long as the ledger.
  [[nodiscard]] std::string_view service_name(SeriesId id) const {
    return services_[hosts_[series_[id].host].service].name;
  }

  // Wall clock in nanoseconds since 1970.
  void attempt(SeriesId id) { ++series_[id].attempts; }
  // Latency 0 = not known: counted, not timed.
  void established(SeriesId id, bool ipv6, std::uint64_t latency_ns);
  // The destination answered, or had nothing to answer: more than a handshake, which a firewall may complete in its
  // place.
  void succeeded(SeriesId id, std::uint64_t wall_ns) { host_of(id).last_success_ns = wall_ns; }
  void failed(SeriesId id, Stage stage, Cause cause, std::uint64_t wall_ns);
  void first_byte(SeriesId id, std::uint64_t duration_ns);

  // Every connection that was established or found at start is opened once and closed once.
  void opened(SeriesId id) { ++host_of(id).open; }
  void closed(SeriesId id);
  // Increments since the last call for the same connection; also for one that was never opened (its SYNs).
  void traffic(SeriesId id, const Traffic& more);

  void dns_answer(std::string_view service, std::string_view host, std::uint16_t rcode, std::uint64_t duration_ns);
  void dns_failure(std::string_view service, std::string_view host, DnsCause cause);
  // What the last answer for a name of the service says; has no effect on a host that no answer was counted for.
  void resolution(std::string_view service, std::string_view host, Resolution kind);
  void unexpected(Unexpected reason, std::string_view unit, std::string_view process, std::uint64_t times = 1);
  void name_source(NameSource source) { ++name_sources_[static_cast<std::size_t>(source)]; }
  void event(EventType type) { ++events_[static_cast<std::size_t>(type)]; }

  [[nodiscard]] Snapshot snapshot() const;

  // All of it, for restore() of the next process. What that process's configuration adds comes on top.
  void save(ArchiveWriter& archive) const;
  // False, and nothing changes, if that is not what save() wrote. A SeriesId means the same afterwards as it did then.
  bool restore(ArchiveReader& archive);
  // Nothing is known any more of the connections that are open.
  void forget_open();
  [[nodiscard]] bool has_series(SeriesId id) const { return id < series_.size(); }

 private:
  using ServiceIndex = std::uint32_t;
  using HostIndex = std::uint32_t;

  struct Service {
    std::string name;
    HostIndex other_host = 0;
    SeriesId other_series = 0;  // {service, other, other}
    std::size_t hosts_left = 0;
    Histogram connect_ipv4{connect_bounds_ns()};
    Histogram connect_ipv6{connect_bounds_ns()};
    Histogram first_byte{first_byte_bounds_ns()};
    Histogram dns{dns_bounds_ns()};
  };
  struct Host {
    ServiceIndex service = 0;
    std::string name;
    bool reserved = false;
    bool connected = false;     // some connection was resolved to it: its traffic is a row
    SeriesId other_series = 0;  // {service, host, other}, if reserved
    Traffic traffic;
    std::uint64_t open = 0;
    std::uint64_t last_success_ns = 0;
    std::uint64_t last_failure_ns = 0;
    Resolution resolution = Resolution::none;
    CodeCounts rcodes;
    CodeCounts dns_causes;
  };
  struct Series {
    HostIndex host = 0;
    std::string unit;
    bool spare = false;  // made by a reservation: no row before it is used
    std::uint64_t attempts = 0;
    std::uint64_t established = 0;
    CodeCounts failures;
  };

  Host& host_of(SeriesId id) { return hosts_[series_[id].host]; }
  Service& service_of(SeriesId id) { return services_[host_of(id).service]; }
  [[nodiscard]] ServiceIndex service_index(std::string_view service) const;
  // Sets folded if the host was replaced by "other" for want of room.
  HostIndex host_index(ServiceIndex service, std::string_view host, bool& folded);
  // As host_index(), for the unit and, if the host is not reserved, the host.
  SeriesId unit_series(HostIndex host, std::string_view unit, bool& folded);
  HostIndex make_host(ServiceIndex service, std::string_view host);
  SeriesId make_series(HostIndex host, std::string_view unit);
  [[nodiscard]] bool has_row(const Series& series) const;
  bool read(ArchiveReader& archive);
  [[nodiscard]] bool numbers_are_right() const;

  LedgerLimits limits_;
  std::vector<Service> services_;
  std::vector<Host> hosts_;
  std::vector<Series> series_;
  NameTable service_names_;  // parent 0
  NameTable host_names_;     // parent: service
  NameTable unit_names_;     // parent: host

  std::size_t hosts_left_;
  std::size_t series_left_;
  std::uint64_t connection_overflow_ = 0;
  Budget failure_budget_;
  Budget dns_answer_budget_;
  Budget dns_failure_budget_;
  std::array<std::uint64_t, kNameSourceNames.size()> name_sources_{};
  std::array<std::uint64_t, kEventTypeNames.size()> events_{};
  UnexpectedCounts unexpected_;
  std::string host_scratch_;
  std::string unit_scratch_;
};

}  // namespace egresswatch::account
