// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "publish/event_sink.h"
#include "publish/kept_report.h"
#include "publish/recent_table.h"

namespace egresswatch::publish {

// What became of the last connections to one destination.
class RecentDestination {
 public:
  static constexpr std::size_t kMaxFailures = 8;

  struct Success {
    std::uint64_t wall_ns = 0;     // 0 = none is known
    std::uint64_t latency_ns = 0;  // 0 = not known
    Endpoint remote;
    std::string unit;
  };
  // Since the destination is remembered.
  struct Family {
    std::uint64_t established = 0;
    std::uint64_t failed = 0;
    std::uint64_t last_success_ns = 0;  // CLOCK_REALTIME; 0 = none
    std::uint64_t last_failure_ns = 0;
    Stage last_stage = Stage::none;
    Cause last_cause = Cause::none;
  };

  void established(const ConnectionReport& report);
  void failed(const ConnectionReport& report);
  void cancelled(const ConnectionReport& report);
  void reset();

  [[nodiscard]] std::string_view service() const { return service_; }
  [[nodiscard]] std::size_t failure_count() const { return failure_count_; }
  // 0 is the newest.
  [[nodiscard]] const ConnectionReport& failure(std::size_t age) const;
  [[nodiscard]] const ConnectionReport* last_cancelled() const;  // null if there is none
  [[nodiscard]] const Success& last_success() const { return success_; }
  [[nodiscard]] const Family& family(bool ipv6) const { return families_[ipv6 ? 1 : 0]; }

 private:
  Family& family_of(const ConnectionReport& report) { return families_[report.remote.address.is_v4() ? 0 : 1]; }

  std::string service_;
  // Made with the first failure: most destinations have none. The newest is in front of `next_failure_`.
  std::unique_ptr<std::array<KeptConnection, kMaxFailures>> failures_;
  std::size_t next_failure_ = 0;
  std::size_t failure_count_ = 0;
  KeptConnection cancelled_;
  Success success_;
  std::array<Family, 2> families_;
};

// The last answers to the questions for one name.
struct RecentAnswers {
  KeptAnswer a;
  KeptAnswer aaaa;

  void reset() {
    a.clear();
    aaaa.clear();
  }
};

// Remembers what became of connections and questions, for whoever asks later, and hands every report on.
//
// A destination is remembered under the name that was classified, or under its address as text where there is none.
// Those of services that are known and all others have tables of their own: a flood of strangers evicts no vault. Of
// the others only failures and what the client gave up make an entry.
//
// Memory: about 5 kB a destination with eight failures, 0.7 kB without, 2 kB a name with both answers: 9 MB if all
// tables are full of the worst. Nothing is allocated for a report once the tables have grown.
class RecentOutcomes final : public EventSink {
 public:
  struct Limits {
    std::size_t known = 1024;  // destinations, and as many names
    std::size_t other = 256;
  };
  struct Table {
    std::string_view name;
    std::size_t entries = 0;
    std::uint64_t evictions = 0;
  };
  using VisitAnswer = std::function<void(const DnsReport&)>;
  using VisitDestination = std::function<void(std::string_view name, const RecentDestination&)>;

  explicit RecentOutcomes(EventSink& next) : RecentOutcomes(next, Limits{}) {}
  RecentOutcomes(EventSink& next, Limits limits);

  void connection(const ConnectionReport& report) override;
  void dns(const DnsReport& report) override;
  void flow(const FlowReport& report) override { next_.flow(report); }

  // Null if nothing is remembered. A name in lower case, or an address as text. Valid until the next report.
  [[nodiscard]] const RecentDestination* destination(std::string_view name);
  [[nodiscard]] const RecentAnswers* answers(std::string_view question);
  void for_each_destination(const VisitDestination& visit);
  void for_each_answer(const VisitAnswer& visit);
  [[nodiscard]] std::array<Table, 4> tables() const;

 private:
  EventSink& next_;
  RecentTable<RecentDestination> known_;
  RecentTable<RecentDestination> other_;
  RecentTable<RecentAnswers> known_answers_;
  RecentTable<RecentAnswers> other_answers_;
  std::string address_;  // of a destination without a name, as text
};

}  // namespace egresswatch::publish
