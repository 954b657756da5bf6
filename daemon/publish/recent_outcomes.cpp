// SPDX-License-Identifier: Apache-2.0
#include "publish/recent_outcomes.h"

#include "egresswatch/model/service.h"
#include "publish/text.h"

namespace egresswatch::publish {
namespace {

constexpr std::uint16_t kTypeA = 1;
constexpr std::uint16_t kTypeAaaa = 28;

bool is_other(std::string_view service) { return service == to_string(BuiltinService::other); }

}  // namespace

void RecentDestination::established(const ConnectionReport& report) {
  service_ = report.service;
  success_.wall_ns = report.wall_time_ns;
  success_.latency_ns = report.connect_latency_ns;
  success_.remote = report.remote;
  success_.unit = report.unit;
  Family& family = family_of(report);
  ++family.established;
  family.last_success_ns = report.wall_time_ns;
}

void RecentDestination::failed(const ConnectionReport& report) {
  service_ = report.service;
  if (!failures_) failures_ = std::make_unique<std::array<KeptConnection, kMaxFailures>>();
  (*failures_)[next_failure_].keep(report);
  next_failure_ = (next_failure_ + 1) % kMaxFailures;
  if (failure_count_ < kMaxFailures) ++failure_count_;
  Family& family = family_of(report);
  ++family.failed;
  family.last_failure_ns = report.wall_time_ns;
  family.last_stage = report.stage;
  family.last_cause = report.cause;
}

void RecentDestination::cancelled(const ConnectionReport& report) {
  service_ = report.service;
  cancelled_.keep(report);
}

void RecentDestination::reset() {
  service_.clear();
  next_failure_ = 0;
  failure_count_ = 0;
  cancelled_.clear();
  success_.wall_ns = 0;
  success_.latency_ns = 0;
  success_.remote = {};
  success_.unit.clear();
  families_ = {};
}

const ConnectionReport& RecentDestination::failure(std::size_t age) const {
  return (*failures_)[(next_failure_ + kMaxFailures - 1 - age) % kMaxFailures].report();
}

const ConnectionReport* RecentDestination::last_cancelled() const {
  return cancelled_.empty() ? nullptr : &cancelled_.report();
}

RecentOutcomes::RecentOutcomes(EventSink& next, Limits limits)
    : next_(next),
      known_(limits.known),
      other_(limits.other),
      known_answers_(limits.known),
      other_answers_(limits.other) {}

void RecentOutcomes::connection(const ConnectionReport& report) {
  next_.connection(report);
  if (report.verdict == Verdict::closed || report.verdict == Verdict::pending) return;

  std::string_view name = report.host;
  if (name.empty()) {
    address_.clear();
    append_address(address_, report.remote.address);
    name = address_;
  }
  const bool other = is_other(report.service);
  RecentTable<RecentDestination>& table = other ? other_ : known_;
  if (report.verdict == Verdict::ok) {
    // of a stranger only that it works again
    RecentDestination* destination = other ? table.find(name) : &table.find_or_insert(name);
    if (destination) destination->established(report);
  } else if (report.verdict == Verdict::failed) {
    table.find_or_insert(name).failed(report);
  } else {
    table.find_or_insert(name).cancelled(report);
  }
}

void RecentOutcomes::dns(const DnsReport& report) {
  next_.dns(report);
  if (report.question_type != kTypeA && report.question_type != kTypeAaaa) return;
  RecentAnswers& answers = (is_other(report.service) ? other_answers_ : known_answers_).find_or_insert(report.question);
  (report.question_type == kTypeA ? answers.a : answers.aaaa).keep(report);
}

const RecentDestination* RecentOutcomes::destination(std::string_view name) {
  const RecentDestination* known = known_.find(name);
  return known ? known : other_.find(name);
}

const RecentAnswers* RecentOutcomes::answers(std::string_view question) {
  const RecentAnswers* known = known_answers_.find(question);
  return known ? known : other_answers_.find(question);
}

void RecentOutcomes::for_each_destination(const VisitDestination& visit) {
  known_.for_each(visit);
  other_.for_each(visit);
}

void RecentOutcomes::for_each_answer(const VisitAnswer& visit) {
  for (auto* table : {&known_answers_, &other_answers_})
    table->for_each([&](std::string_view, const RecentAnswers& answers) {
      if (!answers.a.empty()) visit(answers.a.report());
      if (!answers.aaaa.empty()) visit(answers.aaaa.report());
    });
}

std::array<RecentOutcomes::Table, 4> RecentOutcomes::tables() const {
  return {{{"recent_known", known_.size(), known_.evictions()},
           {"recent_other", other_.size(), other_.evictions()},
           {"recent_answers_known", known_answers_.size(), known_answers_.evictions()},
           {"recent_answers_other", other_answers_.size(), other_answers_.evictions()}}};
}

}  // namespace egresswatch::publish
