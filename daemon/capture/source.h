// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "egresswatch/abi/maps.h"

namespace egresswatch::capture {

// Takes the records of a source, one at a time and in the order in which the kernel reserved them.
class RecordHandler {
 public:
  virtual ~RecordHandler() = default;
  // `record` is one structure of abi/records.h, valid only during the call; not yet checked.
  virtual void on_record(std::span<const std::byte> record) = 0;
  // Nothing more is there right now.
  virtual void on_batch_end() {}
};

// One hook of the kernel side and whether it works.
struct Probe {
  std::string name;
  bool attached = false;
  std::string reason;  // why not, for people; empty if attached
};

// Where records come from: the running kernel or a file. Everything behind it is the same for both.
class Source {
 public:
  virtual ~Source() = default;
  // Delivers to handler, which must outlive the source, from the thread that runs the io_context.
  virtual Result<> start(RecordHandler& handler) = 0;
  // Delivers what is still there and then nothing more.
  virtual void stop() = 0;
  // Delivers what is there now; called from time to time, in case a wake-up was missed.
  virtual void poll() = 0;
  // What was produced and lost so far, from the kernel's side.
  virtual egw_totals totals() const = 0;
  virtual const std::vector<Probe>& probes() const = 0;
  // How often the kernel has left out a run of a probe, see CoreObject::skipped_runs().
  virtual std::uint64_t skipped_runs(std::string_view) const { return 0; }
  // Delivers the outbound TCP sockets that are open now as EGW_TCP_EXISTING, after a loss. False if that may not be
  // all.
  virtual bool resynchronise() = 0;
};

}  // namespace egresswatch::capture
