// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "capture/core_object.h"
#include "capture/lookup_object.h"
#include "capture/ring.h"
#include "capture/source.h"

namespace egresswatch::capture {

struct KernelOptions {
  std::uint32_t ring_bytes = 1 << 20;  // a power of two, at least one page
  std::uint32_t sockets = 65536;       // outbound TCP sockets tracked at once
  std::uint32_t udp_flows = 16384;     // destinations of datagrams between two sweeps
};

// The running kernel. Attaches on start() and detaches when destroyed; nothing is pinned, so nothing stays behind.
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
  bool resynchronise() override;
  // Which C libraries are watched; null if none is.
  const LookupCoverage* lookup_coverage() const { return lookup_.attached ? &lookup_object_->coverage() : nullptr; }

 private:
  // How long datagrams are summed in the kernel. The timer runs only while there is something to sweep.
  static constexpr std::chrono::seconds kSweepInterval{5};

  KernelSource(boost::asio::io_context& io, std::unique_ptr<CoreObject> object);
  void attach_lookup();
  void collect_probes();
  void arm_sweep();
  void sweep_datagrams();

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
  std::unique_ptr<CoreObject> object_;
  std::unique_ptr<LookupObject> lookup_object_;
  Probe lookup_{"getaddrinfo", false, {}};
  std::vector<Probe> probes_;
  RecordHandler* handler_ = nullptr;
  Tap tap_{*this};
  std::unique_ptr<Ring> ring_;
  boost::asio::steady_timer sweep_;
  bool sweep_armed_ = false;
};

}  // namespace egresswatch::capture
