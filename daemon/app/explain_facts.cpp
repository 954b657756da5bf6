// SPDX-License-Identifier: Apache-2.0
#include "app/explain_facts.h"

#include <algorithm>

namespace egresswatch::app {
namespace {

constexpr std::size_t kMaxEffects = 8;

// As names are remembered: those of DNS messages and of the wire come in lower case.
std::string normalised(std::string_view name) {
  if (name.size() > 1 && name.ends_with('.')) name.remove_suffix(1);
  std::string lower(name);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

void add_once(std::vector<std::string>& names, std::string_view name) {
  if (name.empty() || names.size() == kMaxEffects || std::ranges::count(names, name) > 0) return;
  names.emplace_back(name);
}

template <typename Report>
void keep_newest(std::vector<const Report*>& reports, std::size_t count) {
  std::ranges::stable_sort(reports, [](const Report* a, const Report* b) { return a->wall_time_ns > b->wall_time_ns; });
  if (reports.size() > count) reports.resize(count);
}

class Gatherer {
 public:
  Gatherer(const ControlSources& sources, ExplainFacts& facts) : sources_(sources), facts_(facts) {}

  void gather() {
    // first, since it may change what the others have views of
    sources_.pending([&](const ConnectionReport& report) { add_pending(report); });
    sources_.recent->for_each_destination(
        [&](std::string_view name, const publish::RecentDestination& recent) { add_destination(name, recent); });
    sources_.recent->for_each_answer([&](const DnsReport& answer) {
      if (is_about(answer)) facts_.answers.push_back(&answer);
    });
    keep_newest(facts_.failures, ExplainFacts::kMaxFailures);
    keep_newest(facts_.answers, ExplainFacts::kMaxAnswers);
    for (const auto& kept : facts_.pending) add_effects(kept.report());
    for (const ConnectionReport* failure : facts_.failures) add_effects(*failure);
  }

 private:
  // A destination without a name is remembered under its address; one with a name can be at the address, too.
  [[nodiscard]] bool is_about(std::string_view host, const Endpoint& remote) const {
    return facts_.address ? remote.address == *facts_.address : host == facts_.target;
  }
  [[nodiscard]] bool is_about(const DnsReport& answer) const {
    if (!facts_.address) return answer.question == facts_.target;
    return std::ranges::any_of(answer.addresses, [&](const auto& entry) { return entry.address == *facts_.address; });
  }

  void add_pending(const ConnectionReport& report) {
    add_blame(report.host, report);
    if (!is_about(report.host, report.remote)) return;
    ++facts_.pending_count;
    if (facts_.pending.size() < ExplainFacts::kMaxPending) facts_.pending.emplace_back().keep(report);
  }

  void add_destination(std::string_view name, const publish::RecentDestination& recent) {
    for (std::size_t age = 0; age < recent.failure_count(); ++age) {
      const ConnectionReport& failure = recent.failure(age);
      if (is_about(name, failure.remote)) facts_.failures.push_back(&failure);
      add_blame(name, failure);
    }
    const auto& success = recent.last_success();
    if (success.wall_ns != 0 && is_about(name, success.remote) &&
        (!facts_.success || success.wall_ns > facts_.success->wall_ns))
      facts_.success = &success;
    const ConnectionReport* cancelled = recent.last_cancelled();
    if (cancelled && is_about(name, cancelled->remote) &&
        (!facts_.cancelled || cancelled->wall_time_ns > facts_.cancelled->wall_time_ns))
      facts_.cancelled = cancelled;
  }

  // Another host's connection may tell of this one: a revocation host of those that wait for it, which need not fail,
  // and those of it.
  void add_blame(std::string_view name, const ConnectionReport& report) {
    if (facts_.address) return;
    if (report.evidence.waits_for == facts_.target) add_once(facts_.holds_up, name);
    if (report.evidence.holds_up == facts_.target) add_once(facts_.waits_for, name);
  }

  void add_effects(const ConnectionReport& report) {
    add_once(facts_.holds_up, report.evidence.holds_up);
    add_once(facts_.waits_for, report.evidence.waits_for);
  }

  const ControlSources& sources_;
  ExplainFacts& facts_;
};

// Discard (RFC 863): no rule has it.
constexpr std::uint16_t kPortOfNoRule = 9;

// By its name, else by the address itself.
void classify(const classify::Classifier& classifier, ExplainFacts& facts) {
  const std::string_view name = facts.address ? facts.name.name : std::string_view(facts.target);
  facts.match = classifier.by_name(name, 0);
  facts.port_decides = classifier.by_name(name, kPortOfNoRule).service != facts.match.service;
  if (facts.match.service == kOtherService && facts.address) {
    facts.match = classifier.by_address(*facts.address, 0);
    facts.port_decides = classifier.by_address(*facts.address, kPortOfNoRule).service != facts.match.service;
  }
  if (facts.address) {
    const auto tag = classifier.by_service_tag(*facts.address);
    facts.service_tag = tag.tag;
    if (facts.match.service == kOtherService && name.empty()) facts.match.service = tag.service;
  }
  facts.service = classifier.service_name(facts.match.service);
}

}  // namespace

ExplainFacts gather_facts(const ControlSources& sources, std::string_view target) {
  ExplainFacts facts;
  facts.address = IpAddress::parse(target);
  facts.target = facts.address ? facts.address->to_string() : normalised(target);
  Gatherer(sources, facts).gather();

  if (facts.address) facts.name = sources.name_of(*facts.address);
  classify(sources.classifier(), facts);
  return facts;
}

}  // namespace egresswatch::app
