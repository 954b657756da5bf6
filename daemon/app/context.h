// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "account/ledger.h"
#include "app/drop_reason_names.h"
#include "classify/classifier.h"
#include "classify/policy.h"
#include "correlate/hosts_files.h"
#include "correlate/name_table.h"
#include "correlate/unit_resolver.h"
#include "egresswatch/model/process.h"
#include "publish/event_sink.h"

namespace egresswatch::app {

// What the stages of the pipeline share. Owned by Pipeline; one thread.
struct Context {
  std::shared_ptr<const classify::Classifier> classifier;  // replaced whole on reload
  std::shared_ptr<const classify::Policy> policy;          // never null; replaced as well
  account::Ledger& ledger;
  correlate::UnitResolver& units;
  correlate::NameTable& names;
  correlate::HostsFiles& hosts_files;
  publish::EventSink& sink;
  DropReasonNames drop_reasons = {};
  std::uint64_t idle_threshold_ns = 0;  // config::Diagnose
  std::uint64_t wall_offset_ns = 0;     // add to a record's time for nanoseconds since 1970 UTC
};

// Names take their room from the share of the asking unit; where its cgroup is not known, of the process.
inline correlate::Asker asker_of(const Process& process) {
  constexpr std::uint64_t kProcess = std::uint64_t{1} << 63;
  return {process.pid, process.cgroup_id ? process.cgroup_id : process.pid ? kProcess | process.pid : 0};
}

}  // namespace egresswatch::app
