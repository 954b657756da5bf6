// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "egresswatch/model/report.h"
#include "history/batch.h"
#include "history/budget.h"

namespace egresswatch::history {

// Sums outcomes up in memory. What is counted here is stated in model/observation.h.
//
// Nobody takes the room of others: within an hour a unit has kDestinationsPerUnit destinations (service, host,
// protocol, port) of the services that are known, and as many others. What comes on top is counted under host "" with
// its port, and beyond kPortsPerUnit such ports under port 0, so that sums over a unit stay exact.
class Collector {
 public:
  static constexpr std::size_t kRows = 20'000;  // of each table of a batch: about 8 MB at most
  static constexpr std::size_t kDestinationsPerUnit = 1'000;
  static constexpr std::size_t kPortsPerUnit = 64;
  static constexpr std::size_t kUnits = 4'096;  // in one hour; what comes on top is unit "other"
  static constexpr std::size_t kDestinations = 32'768;
  static constexpr std::size_t kMaxText = 255;  // bytes of a name; what is longer is cut

  Collector() = default;

  // No heap allocation for what the batch has a row for.
  void note(const ConnectionReport& report);
  void note(const FlowReport& report);

  [[nodiscard]] const Batch& batch() const { return batch_; }
  void swap(Batch& other) { std::swap(batch_, other); }
  // Outcomes and addresses that found a table full.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  // Where an outcome belongs. The texts are clean.
  struct Key {
    std::uint64_t hour = 0;
    std::string_view service;
    std::string_view host;
    std::string_view unit;
    Protocol protocol = Protocol::tcp;
    std::uint16_t port = 0;
    Unexpected unexpected = Unexpected::none;
  };
  struct Outcome {
    std::uint64_t time_ns = 0;
    Function function = Function::none;
    bool attempted = false;
    bool established = false;
    bool failed = false;
    Stage stage = Stage::none;
    Cause cause = Cause::none;
  };
  // What the two kinds of reports have in common.
  template <typename Report>
  void note(const Report& report, Protocol protocol, const Outcome& outcome);

  std::uint64_t hash(const Key& key);
  UseRow* find(const Key& key, std::uint64_t hash);
  UseRow* find_or_add(Key& key);
  void fold(Key& key);
  void note_address(const Key& key, const IpAddress& address, std::uint64_t time_ns);

  Batch batch_{kRows};
  Budget units_{kUnits, kUnits};
  Budget known_{kDestinationsPerUnit, kDestinations};
  Budget other_{kDestinationsPerUnit, kDestinations};
  Budget ports_{kPortsPerUnit, kDestinations};
  std::uint64_t refused_ = 0;
  // reused, so that nothing is allocated
  std::string scratch_;
  std::string service_;
  std::string host_;
  std::string unit_;
};

}  // namespace egresswatch::history
