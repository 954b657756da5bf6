// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "account/ledger.h"
#include "app/connections.h"
#include "app/context.h"
#include "app/dns.h"
#include "app/flows.h"
#include "base/archive.h"
#include "capture/source.h"
#include "config/config.h"
#include "correlate/hosts_files.h"
#include "correlate/name_table.h"
#include "correlate/process_table.h"
#include "correlate/unit_resolver.h"
#include "decode/record.h"

namespace egresswatch::app {

// From the bytes of a record to counters and reports: decode -> correlate -> classify -> account -> publish. The same
// for the kernel and for a recording.
class Pipeline final : public capture::RecordHandler {
 public:
  struct Options {
    config::Limits limits;
    config::Dns dns;
    config::Diagnose diagnose = {};
    // Empty while replaying on a machine that does not have the recorded processes.
    std::string proc_root = "/proc";
  };

  // What decides what a destination is, and whether it is expected. Null pointers: nothing is unexpected.
  struct Rules {
    std::shared_ptr<const classify::Classifier> classifier;
    std::shared_ptr<const classify::Policy> policy = {};
  };

  Pipeline(const Options& options, Rules rules, publish::EventSink& sink);

  void on_record(std::span<const std::byte> record) override;
  void on_batch_end() override;

  // Work that waits for time to pass, such as questions that nobody answers. `now_ns` is CLOCK_MONOTONIC.
  void tick(std::uint64_t now_ns);
  // Counts the connections that are this old, before the counters are read.
  void settle(std::uint64_t now_ns, std::uint64_t age_ns = Connections::kSettleAfterNs);
  // See Connections::for_each_pending().
  void for_each_pending(std::uint64_t now_ns, const std::function<void(const ConnectionReport&)>& visit) {
    connections_.for_each_pending(now_ns, visit);
  }

  // What an address is called on this host, for whoever asks.
  correlate::NameMatch name_of(const IpAddress& address, std::uint64_t now_ns) {
    return names_.lookup(address, 0, now_ns);
  }

  void set_rules(Rules rules);
  void set_wall_offset(std::uint64_t offset_ns) { context_.wall_offset_ns = offset_ns; }
  // Asks the source for what is open now, and drops what is not any more. False if the source cannot tell.
  bool resynchronise(capture::Source& source);

  // Counters and everything else that is known, for restore() of the next process, whose pipeline must be new.
  void save_counters(ArchiveWriter& archive) const;
  void save_rest(ArchiveWriter& archive) const;
  // False, and nothing changes, if that is not what save_counters() wrote. The rest is lost then, too.
  bool restore_counters(ArchiveReader& archive);
  // False if it is not what save_rest() wrote: then make a new pipeline, since this one may have half of it.
  bool restore_rest(ArchiveReader& archive, std::uint64_t now_ns);
  // In place of restore_rest(): what was attempted before this time (CLOCK_MONOTONIC) is counted already.
  void begin_after(std::uint64_t time_ns);

  [[nodiscard]] const account::Ledger& ledger() const { return ledger_; }
  [[nodiscard]] const Connections& connections() const { return connections_; }
  [[nodiscard]] const Dns& dns() const { return dns_; }
  [[nodiscard]] const Flows& flows() const { return flows_; }
  [[nodiscard]] const correlate::NameTable& names() const { return names_; }
  [[nodiscard]] const correlate::HostsFiles& hosts_files() const { return hosts_files_; }
  [[nodiscard]] const correlate::UnitResolver& units() const { return units_; }
  // Records that were refused, by reason.
  [[nodiscard]] std::span<const std::uint64_t, decode::kRecordErrorCount> refused_records() const { return refused_; }
  // How many records came so far: where it has not changed, there is nothing new to save.
  [[nodiscard]] std::uint64_t records() const { return records_; }
  // Time of the newest record, CLOCK_MONOTONIC of the machine that recorded; 0 before the first.
  [[nodiscard]] std::uint64_t newest_ns() const { return newest_ns_; }

 private:
  void announce_services();
  void on(const TcpAttempt& attempt);
  void on(const NameLookup& lookup);

  account::Ledger ledger_;
  correlate::ProcessTable processes_;
  correlate::UnitResolver units_;
  correlate::NameTable names_;
  correlate::HostsFiles hosts_files_;
  Context context_;
  Connections connections_;
  Dns dns_;
  Flows flows_;
  std::array<std::uint64_t, decode::kRecordErrorCount> refused_{};
  std::uint64_t newest_ns_ = 0;
  std::uint64_t records_ = 0;
};

}  // namespace egresswatch::app
