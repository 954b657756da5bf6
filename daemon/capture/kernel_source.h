// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "capture/core_object.h"
#include "capture/lookup_object.h"
#include "capture/pins.h"
#include "capture/ring.h"
#include "capture/source.h"

namespace egresswatch::capture {

struct KernelOptions {
  std::uint32_t ring_bytes = 1 << 20;  // a power of two, at least one page
  std::uint32_t sockets = 65536;       // outbound TCP sockets tracked at once
  std::uint32_t flows = 16384;         // destinations of datagrams between two sweeps
  // Where maps and links are pinned, see pins.h; empty = nowhere.
  std::string pin_directory = {};
};

// How far the ring has been read.
struct RingPosition {
  std::uint32_t ring = 0;     // CoreObject::ring_id()
  std::uint64_t bytes = 0;    // since the ring was made
  std::uint64_t records = 0;  // in them
};

// The running kernel. Attaches on start(); without pins it detaches when destroyed, and nothing stays behind. With pins
// the programs go on, and the next source with the same pins delivers what they told meanwhile.
class KernelSource final : public Source {
 public:
  // Loads the programs. An error says what the kernel or the process lacks.
  static Result<std::unique_ptr<KernelSource>> make(boost::asio::io_context& io, const KernelOptions& options);

  Result<> start(RecordHandler& handler) override;
  void stop() override;
  void poll() override;
  egw_totals totals() const override;
  // With the programs of the core object one more, "getaddrinfo": the extra object.
  const std::vector<Probe>& probes() const override { return probes_; }
  std::uint64_t skipped_runs(std::string_view probe) const override { return object_->skipped_runs(probe); }
  bool resynchronise() override;

  // Why nothing is pinned although it should be; empty = it is, or should not.
  const std::string& pin_failure() const { return pin_failure_; }
  bool pinned() const { return object_->pinned(); }
  // Whether the programs of an earlier process are followed on. start() then does not look for existing sockets: the
  // programs know them, see resynchronise().
  bool adopted() const { return object_->adopted(); }
  std::uint32_t ring_id() const { return object_->ring_id(); }
  // Before start(), with pins: no record is given back before release_records(), so that the next process can read it
  // again. `full` is called when as much is held as Ring allows, and must release.
  void hold_records(std::function<void()> full) { full_ = std::move(full); }
  RingPosition position() const { return {object_->ring_id(), ring_->position(), ring_->taken()}; }
  void release_records() { ring_->release(); }
  // Before start(), where adopted(): what was taken up to this position is known. Returns how many records behind it
  // were given back by an earlier process all the same, and are lost.
  std::uint64_t resume(const RingPosition& position);

  // Probes that somebody else has detached since the last call; probes() says so from then on.
  std::vector<Probe> take_detached();
  // Which C libraries are watched; null if none is.
  const LookupCoverage* lookup_coverage() const { return lookup_.attached ? &lookup_object_->coverage() : nullptr; }

 private:
  // How long datagrams are summed in the kernel. The timer runs only while there is something to sweep.
  static constexpr std::chrono::seconds kSweepInterval{5};

  KernelSource(boost::asio::io_context& io, std::optional<Pins> pins, std::string pin_failure);
  void attach_lookup();
  void collect_probes();
  void arm_sweep();
  void sweep_flows();

  // Sees each record on its way to the pipeline.
  class Tap final : public RecordHandler {
   public:
    explicit Tap(KernelSource& source) : source_(source) {}
    void on_record(std::span<const std::byte> record) override;
    void on_batch_end() override;

   private:
    KernelSource& source_;
  };

  boost::asio::io_context& io_;
  std::optional<Pins> pins_;
  std::string pin_failure_;
  std::unique_ptr<CoreObject> object_;
  std::unique_ptr<LookupObject> lookup_object_;
  Probe lookup_{"getaddrinfo", false, {}};
  std::vector<Probe> probes_;
  RecordHandler* handler_ = nullptr;
  Tap tap_{*this};
  std::function<void()> full_;
  std::optional<RingPosition> resume_at_;
  std::unique_ptr<Ring> ring_;
  boost::asio::steady_timer sweep_;
  bool sweep_armed_ = false;
};

}  // namespace egresswatch::capture
