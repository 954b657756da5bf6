// SPDX-License-Identifier: Apache-2.0
#include "app/health.h"

#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "app/version.h"
#include "decode/dns_error.h"
#include "decode/record.h"

namespace egresswatch::app {
namespace {

constexpr std::array<std::string_view, EGW_LOST_REASON_END> kLostReasons{
    "ring_full", "socket_table_full", "flow_table_full", "payload_truncated", "payload_unreadable"};

constexpr std::array<std::string_view, 3> kMayLack{"getaddrinfo", "icmp_error", "packet_dropped"};

const utsname& kernel() {
  static const utsname system = [] {
    utsname value{};
    ::uname(&value);
    return value;
  }();
  return system;
}

// Label values "<prefix><error>" for each error but none; made once, since labels are views.
template <typename Error, std::size_t Count>
const std::vector<std::string>& prefixed_reasons(std::string_view prefix) {
  static const std::vector<std::string> names = [&] {
    std::vector<std::string> all;
    for (std::size_t i = 1; i < Count; ++i)
      all.push_back(std::string(prefix) + std::string(decode::to_string(static_cast<Error>(i))));
    return all;
  }();
  return names;
}

void add_losses(std::vector<publish::SelfMetrics::Loss>& losses, const std::vector<std::string>& reasons,
                std::span<const std::uint64_t> counts) {
  for (std::size_t i = 1; i < counts.size(); ++i) losses.push_back({reasons[i - 1], counts[i]});
}

void describe_losses(publish::SelfMetrics& metrics, const Pipeline& pipeline, const capture::Source& source) {
  const egw_totals totals = source.totals();
  for (std::size_t i = 0; i < kLostReasons.size(); ++i) metrics.losses.push_back({kLostReasons[i], totals.lost[i]});
  add_losses(metrics.losses, prefixed_reasons<decode::RecordError, decode::kRecordErrorCount>("record_"),
             pipeline.refused_records());
  add_losses(metrics.losses, prefixed_reasons<decode::DnsError, decode::kDnsErrorCount>("dns_"),
             pipeline.dns().malformed());
  metrics.losses.push_back({"end_unseen", pipeline.connections().unseen_ends()});
  metrics.losses.push_back({"dns_unmatched", pipeline.dns().tracker().counters().unmatched});
  metrics.losses.push_back({"dns_stream", pipeline.dns().stream_losses()});
}

void describe_tables(publish::SelfMetrics& metrics, const Pipeline& pipeline) {
  const auto& sockets = pipeline.connections().table();
  const auto& tracker = pipeline.dns().tracker();
  const auto& names = pipeline.names();
  const auto& names_lost = names.counters();
  const auto& hosts = pipeline.hosts_files();
  metrics.tables = {
      {"sockets", sockets.size(), sockets.evictions() + sockets.refused()},
      {"names", names.size(), names_lost.evicted + names_lost.refused_addresses + names_lost.refused_names},
      {"hosts_files", hosts.size(), hosts.counters().evicted + hosts.counters().refused},
      {"dns_queries", tracker.size(), tracker.evictions()},
      {"dns_streams", pipeline.dns().streams(), pipeline.dns().stream_evictions()},
      {"flows", pipeline.flows().size(), pipeline.flows().evictions()},
      {"units", pipeline.units().size(), pipeline.units().evictions()},
  };
}

}  // namespace

std::string what_is_missing(const capture::Source& source, const Completeness& completeness) {
  std::string detached;
  for (const capture::Probe& probe : source.probes())
    if (!probe.attached && std::ranges::find(kMayLack, probe.name) == kMayLack.end()) detached += " " + probe.name;
  if (!detached.empty()) return "These probes are not attached:" + detached + ".";
  if (!completeness.complete()) return "Events were lost and not every open socket could be read again.";
  return {};
}

bool Completeness::lost_something(const capture::Source& source) {
  const egw_totals totals = source.totals();
  const std::uint64_t lost = totals.lost[EGW_LOST_RING_FULL] + totals.lost[EGW_LOST_SOCKET_TABLE_FULL];
  if (lost == lost_) return false;
  lost_ = lost;
  complete_ = false;
  return true;
}

std::span<const std::string_view> kernel_loss_reasons() { return kLostReasons; }

publish::SelfMetrics describe(const Pipeline& pipeline, const capture::Source& source, const Completeness& completeness,
                              const ReloadState& reload) {
  publish::SelfMetrics metrics;
  metrics.version = kVersion;
  metrics.revision = kRevision;
  metrics.kernel = kernel().release;
  for (const capture::Probe& probe : source.probes())
    metrics.probes.push_back({probe.name, probe.attached, source.skipped_runs(probe.name)});
  describe_losses(metrics, pipeline, source);
  describe_tables(metrics, pipeline);
  metrics.data_complete = completeness.complete();
  metrics.config_last_reload_successful = reload.successful;
  metrics.config_last_reload_success_ns = reload.success_ns;
  return metrics;
}

}  // namespace egresswatch::app
